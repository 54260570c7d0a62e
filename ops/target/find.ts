import { environments } from '../../infra/environments.ts'
import { findLocal } from './local.ts'
import type { Target } from './target.ts'

/** The environments that commands can be pointed at. */
export const targetNames = ['local', ...Object.keys(environments)]

/**
 * The system that one of `targetNames` names.
 * @throws Error, one sentence, when nothing of that name runs, or AWS cannot be asked
 */
export async function findTarget(name: string, env: NodeJS.ProcessEnv): Promise<Target> {
  if (name === 'local') return await findLocal()
  // what runs locally loads nothing of AWS
  const { findDeployed } = await import('./deployed.ts')
  return await findDeployed(name, environments[name], env)
}
