import type { Environment } from '../../infra/settings/environment.ts'
import { fixtures } from '../support/environments.ts'

/** What the commands find in infra/environments.ts where a test runs them: see environments-hook.ts. */
export const name = 'warren'
export const environments: Readonly<Record<string, Environment>> = {
  sandbox: fixtures['test-one-node'],
  production: fixtures['test-cluster'],
  several: fixtures['test-three-queues'],
}
