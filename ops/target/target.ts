import { environments } from '../../infra/environments.ts'
import { oneOf, UsageError } from '../../local/arguments.ts'
import type { TaskLogLine } from '../../services/contract/log.ts'
import { findDeployed } from './deployed.ts'
import { findLocal } from './local.ts'

/** A system that runs, here or in AWS, as the operator's commands see it. */
export interface Target {
  readonly name: string
  readonly queue: string
  /** The producer's. */
  readonly endpoint: string
  /** Its worker classes, as far as they are known beforehand. */
  readonly classes: readonly string[]
  /**
   * A request to the producer, signed where AWS wants that.
   * @throws Error when there is no answer within 35 s: what it asked for may have been done all the same.
   */
  request(path: '/tasks' | '/queue', body?: object): Promise<Response>
  /** The task log from a time on; a reading gives the lines that came in since the one before. */
  followTasks(filter: TaskFilter): TaskFollower
}

export interface TaskFilter {
  /** Milliseconds since 1970. */
  readonly since: number
  /** Only tasks whose id begins so. */
  readonly idPrefix: string
}

export interface TaskFollower {
  read(): Promise<readonly TaskLogLine[]>
}

/** The environments that commands can be pointed at. */
export const targetNames = ['local', ...Object.keys(environments)]

/**
 * What the command line's first argument names.
 * @throws UsageError for no name or an unknown one; Error, one sentence, when there is nothing of that name, or AWS
 * cannot be asked
 */
export async function findTarget(positionals: readonly string[], env: NodeJS.ProcessEnv): Promise<Target> {
  const [named, ...rest] = positionals
  if (named === undefined || rest.length > 0) {
    throw new UsageError(`name one environment: ${targetNames.join(', ')}`)
  }
  const name = oneOf('environment', named, targetNames)
  return name === 'local' ? await findLocal() : await findDeployed(name, environments[name]?.region, env)
}
