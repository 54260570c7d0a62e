import { taskTypes } from '../services/tasks/registry.ts'
import { environmentSchema } from './environment-schema.ts'
import { type Environment, environments, name } from './environments.ts'
import { stopTimeoutSeconds, taskProtectionSeconds } from './limits.ts'
import { consumerTimeoutSeconds, drainSeconds } from './timing.ts'

/** What is wrong with one setting. */
export interface Problem {
  /** Where, such as `workQueue.workers[0].cpu`. */
  readonly field: string
  readonly seen: unknown
  readonly remedy: string
}

/** All that is wrong with an environment, in one message. */
export class EnvironmentProblems extends Error {
  override readonly name = 'EnvironmentProblems'
}

/**
 * The environment of this name.
 * @throws EnvironmentProblems that names each setting that does not fit, with the value seen and the remedy.
 */
export function checkedEnvironment(environmentName: string, from = environments): Environment {
  const environment = from[environmentName]
  if (!environment) {
    const known = Object.keys(from).join(', ')
    throw new EnvironmentProblems(
      `environment must be one of ${known}, got "${environmentName}": choose with -c environment=<name>, or add it to infra/environments.ts`,
    )
  }
  const problems = findProblems(environmentName, environment)
  if (problems.length === 0) return environment
  const lines = problems.map(({ field, seen, remedy }) => {
    return `  ${field} is ${JSON.stringify(seen)}: ${remedy.replaceAll('\n', '\n    ')}`
  })
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
  throw new EnvironmentProblems(`environment "${environmentName}" has ${count}:\n${lines.join('\n')}`)
}

/** Everything that does not fit; nothing when the environment can be deployed. */
export function findProblems(environmentName: string, environment: Environment): Problem[] {
  const issues = environmentSchema(environment).safeParse(environment).error?.issues ?? []
  return [
    ...nameProblems(environmentName),
    ...issues.map(({ path, message }) => ({
      field: path
        .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
        .join('')
        .slice(1),
      seen: path.reduce(
        (value: unknown, part) => (value as Record<PropertyKey, unknown>)?.[part],
        environment,
      ),
      remedy: message,
    })),
    ...timeoutProblems(),
  ]
}

/** A problem unless it fits. */
function unless(fits: boolean, field: string, seen: unknown, remedy: string): Problem[] {
  return fits ? [] : [{ field, seen, remedy }]
}

/** Both begin the broker's name, which may have 50 characters, and those of the stacks. */
function nameProblems(environmentName: string): Problem[] {
  const pattern = /^[a-z][a-z0-9-]{0,19}$/
  const remedy = 'use 1 to 20 of a-z 0-9 -, a letter first'
  return [
    ...unless(pattern.test(name), 'name', name, remedy),
    ...unless(pattern.test(environmentName), "the environment's name", environmentName, remedy),
  ]
}

/**
 * A task that takes longer than the stop timeout outlives deployments and scale-in because its worker is protected;
 * what no protection covers, such as Spot, hands it back. So a timeout must fit into the protection, and the broker
 * must wait longer.
 */
function timeoutProblems(): Problem[] {
  const longest = Math.max(...taskTypes.map(({ timeoutSeconds }) => timeoutSeconds))
  return [
    ...taskTypes.flatMap(({ type, timeoutSeconds }) =>
      unless(
        timeoutSeconds >= 1 && timeoutSeconds <= 86_400 && timeoutSeconds < taskProtectionSeconds,
        `timeoutSeconds of task type ${type}`,
        timeoutSeconds,
        'use 1 to 86400; cut longer work into several tasks',
      ),
    ),
    ...unless(
      consumerTimeoutSeconds >= longest + 300,
      'consumerTimeoutSeconds in infra/timing.ts',
      consumerTimeoutSeconds,
      `use at least ${longest + 300}, five minutes more than the longest task timeout`,
    ),
    ...unless(
      drainSeconds <= stopTimeoutSeconds - 10,
      'drainSeconds in infra/timing.ts',
      drainSeconds,
      `use at most ${stopTimeoutSeconds - 10}: handing back takes up to ten seconds, then ECS kills the worker`,
    ),
  ]
}
