import { configDefaults, defineConfig } from 'vitest/config'

/** What `npm run test:full` adds: a test that takes more than ten seconds, wherever it stands. */
const slow = '{test,lab}/**/*.slow.test.ts'
/** The tests of task types that call `withBroker`. */
const needingBroker = 'test/tasks/**/*.broker.test.ts'
const exclude = [...configDefaults.exclude, slow]
/** The laboratory's tests stand beside what they test. Where it was deleted, these patterns find nothing. */
const lab = {
  unit: 'lab/**/*.test.ts',
  infra: 'lab/**/*.infra.test.ts',
  integration: ['lab/**/*.integration.test.ts', 'lab/faults/**/*.test.ts'],
}
/** Two at a time, since most tests are processes themselves; one group of projects after the other. */
const group = (groupOrder: number, maxWorkers = 2) => ({ maxWorkers, sequence: { groupOrder } })
const globalSetup = 'test/support/global-broker.ts'

/** One project per kind of test, so that only those that need a broker wait for one. */
export default defineConfig({
  test: {
    // only a failure waits that long, or a machine that is busy with other things
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { requireAssertions: true, poll: { timeout: 60_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/{services,client,local,ops,tasks}/**/*.test.ts', lab.unit],
          exclude: [...exclude, needingBroker, lab.infra, ...lab.integration],
          ...group(0),
        },
      },
      {
        extends: true,
        test: {
          name: 'infra',
          include: ['test/infra/**/*.test.ts', lab.infra],
          exclude,
          // CDK validates each template in a WASM engine, 3 to 6 s per process: `npm run synth` does that once
          env: { CDK_VALIDATION: 'false' },
          isolate: false,
          ...group(1),
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', needingBroker, ...lab.integration],
          exclude,
          globalSetup,
          ...group(2),
        },
      },
      {
        extends: true,
        test: {
          name: 'slow',
          include: [slow],
          globalSetup,
          testTimeout: 600_000,
          ...group(3, 1),
        },
      },
    ],
  },
})
