import { defineConfig } from 'vitest/config'

/** One project per kind of test, so that only those that need a broker wait for one. */
export default defineConfig({
  test: {
    reporters: ['default'],
    expect: { requireAssertions: true },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/services/**/*.test.ts', 'test/local/**/*.test.ts', 'test/ops/**/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'infra',
          include: ['test/infra/**/*.test.ts'],
          // CDK validates each template in a WASM engine, 3 to 6 s per process: `npm run synth` does that once
          env: { CDK_VALIDATION: 'false' },
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: 'test/support/global-broker.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
    ],
  },
})
