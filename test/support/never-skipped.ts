import { existsSync } from 'node:fs'

/**
 * What may never be skipped: the tests that the promises of the README stand on. A test file named here that is
 * missing, empty or has a skipped test fails the run. Those of the laboratory count where it was not deleted.
 */
export const neverSkipped: readonly string[] = [
  ...(existsSync('lab/package.json')
    ? [
        'lab/faults/faults.test.ts',
        'lab/tutorial/experiments.integration.test.ts',
        'lab/tutorial/start.integration.test.ts',
      ]
    : []),
  'test/infra/broker.test.ts',
  'test/infra/nag.test.ts',
  'test/infra/security.test.ts',
  'test/infra/wiring.test.ts',
  'test/integration/broker.test.ts',
  'test/integration/operator.test.ts',
  'test/integration/producer-failures.test.ts',
  'test/integration/producer-http.test.ts',
  'test/integration/producer-input.test.ts',
  'test/integration/readme-task-type.test.ts',
  'test/integration/rotation.test.ts',
  'test/integration/tls.test.ts',
  'test/integration/topology-permissions.test.ts',
  'test/integration/topology.test.ts',
  'test/integration/worker-arbitrary.test.ts',
  'test/integration/worker-broker.test.ts',
  'test/integration/worker-outcomes.test.ts',
  'test/integration/worker-poison.test.ts',
  'test/integration/worker-shutdown.test.ts',
  'test/integration/worker-timeout.test.ts',
  'test/services/import-directions.test.ts',
  'test/services/producer-bundle.test.ts',
]
