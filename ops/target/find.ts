import { environments } from '../../infra/environments.ts'
import { queuesOf } from '../../infra/settings/environment.ts'
import { taskTypes } from '../../services/tasks/registry.ts'
import { findLocal } from './local.ts'
import type { Target } from './target.ts'

/** The queues of each environment, the default one first: `npm run dev` has those that task types name. */
const queues: Readonly<Record<string, readonly string[]>> = {
  local: [...new Set(['tasks', ...taskTypes.flatMap(({ queue }) => queue ?? [])])],
  ...Object.fromEntries(
    Object.entries(environments).map(([name, environment]) => [
      name,
      queuesOf(environment).map(({ queue }) => queue),
    ]),
  ),
}

/** The environments that commands can be pointed at. */
export const environmentNames = Object.keys(queues)

/** The same, and each queue of those that have several, as `<environment>/<queue>`. */
export const targetNames = Object.entries(queues).flatMap(([environment, names]) =>
  names.length === 1 ? [environment] : [environment, ...names.map((queue) => `${environment}/${queue}`)],
)

/**
 * The queue that one of {@link targetNames} names: an environment's default one by the environment alone.
 * @throws Error, one sentence, when nothing of that name runs, or AWS cannot be asked
 */
export async function findTarget(name: string, env: NodeJS.ProcessEnv): Promise<Target> {
  const [environment = '', queue] = name.split('/')
  const own = queue === queues[environment]?.[0] ? undefined : queue
  if (environment === 'local') return await findLocal(own)
  // what runs locally loads nothing of AWS
  const { findDeployed } = await import('./deployed.ts')
  return await findDeployed(environment, own, environments[environment], env)
}

/** As {@link findTarget}; of an environment alone, all its queues, the default one first. */
export async function findTargets(name: string, env: NodeJS.ProcessEnv): Promise<[Target, ...Target[]]> {
  const first = await findTarget(name, env)
  const [, ...others] = queues[name] ?? []
  return [first, ...(await Promise.all(others.map((queue) => findTarget(`${name}/${queue}`, env))))]
}

/** The queue to which tasks of a type go. */
export async function findTargetOf(
  environment: string,
  type: string,
  env: NodeJS.ProcessEnv,
): Promise<Target> {
  const queue = taskTypes.find((known) => known.type === type)?.queue
  return await findTarget(queue === undefined ? environment : `${environment}/${queue}`, env)
}
