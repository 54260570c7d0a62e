import { configDefaults, defineConfig } from 'vitest/config'

/** What `npm run test:full` adds: a test that takes more than ten seconds, wherever it stands. */
const slow = 'test/**/*.slow.test.ts'
const exclude = [...configDefaults.exclude, slow]
/** Two at a time, since most tests are processes themselves; one group of projects after the other. */
const group = (groupOrder: number) => ({ maxWorkers: 2, sequence: { groupOrder } })
const needsBroker = { globalSetup: 'test/support/global-broker.ts', testTimeout: 60_000, hookTimeout: 60_000 }

/** One project per kind of test, so that only those that need a broker wait for one. */
export default defineConfig({
  test: {
    expect: { requireAssertions: true },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/{services,local,ops,sabotage}/**/*.test.ts'],
          exclude,
          testTimeout: 30_000,
          ...group(0),
        },
      },
      {
        extends: true,
        test: {
          name: 'infra',
          include: ['test/infra/**/*.test.ts'],
          exclude,
          // CDK validates each template in a WASM engine, 3 to 6 s per process: `npm run synth` does that once
          env: { CDK_VALIDATION: 'false' },
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          ...group(1),
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/{integration,faults}/**/*.test.ts'],
          exclude,
          ...needsBroker,
          ...group(2),
        },
      },
      {
        extends: true,
        test: {
          name: 'slow',
          include: [slow],
          ...needsBroker,
          testTimeout: 600_000,
          ...group(3),
          maxWorkers: 1,
        },
      },
    ],
  },
})
