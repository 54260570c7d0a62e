import type * as z from 'zod'
import { limits } from '../services/contract/limits.ts'
import type { Schedule } from '../services/contract/schedule.ts'
import { scheduleProblems } from '../services/contract/schedule-problems.ts'
import { taskOptions } from '../services/contract/task-options.ts'
import type { TaskType } from '../services/contract/task-type.ts'
import { nativePackages } from '../services/tasks/native-packages.ts'
import { taskTypes } from '../services/tasks/registry.ts'
import { schedules } from '../services/tasks/schedules.ts'
import { environments, name } from './environments.ts'
import { stopTimeoutSeconds, taskProtectionSeconds } from './limits.ts'
import { schedulerProblems } from './schedule-expression.ts'
import { type Environment, environmentSchema } from './settings/environment.ts'
import * as timing from './timing.ts'

/** What is wrong with one setting. */
export interface SettingProblem {
  /** Where, such as `workQueue.workers[0].cpu`. */
  readonly field: string
  readonly seen: unknown
  readonly remedy: string
}

/** What does not belong to the environment, and must fit too. */
export interface Givens {
  readonly name: string
  readonly taskTypes: readonly TaskType[]
  readonly nativePackages: readonly string[]
  readonly schedules: readonly Schedule[]
  /** Names of all environments. */
  readonly environments: readonly string[]
  readonly timing: { readonly drainSeconds: number; readonly consumerTimeoutSeconds: number }
}
/** Those of this template. */
export const ours: Givens = {
  ...{ name, taskTypes, nativePackages, schedules, timing },
  environments: Object.keys(environments),
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
  const problems = findSettingProblems(environmentName, environment)
  if (problems.length === 0) return environment
  const lines = problems.map(({ field, seen, remedy }) => `  ${field} is ${shown(seen)}: ${remedy}`)
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
  throw new EnvironmentProblems(`environment "${environmentName}" has ${count}:\n${lines.join('\n')}`)
}

/** JSON has no NaN. */
const shown = (seen: unknown) =>
  typeof seen === 'number' ? String(seen) : (JSON.stringify(seen) ?? 'not given')

/** Everything that does not fit together; nothing when the environment can be deployed. */
export function findSettingProblems(
  environmentName: string,
  environment: Environment,
  givens = ours,
): SettingProblem[] {
  const parsed = environmentSchema.safeParse(environment)
  const problems = [
    ...prefixProblems(environmentName, givens),
    ...(parsed.error?.issues ?? []).flatMap((issue) => problemsOf(issue, environment)),
    ...architectureProblems(environment, givens),
    ...timeProblems(givens),
    ...priorityProblems(givens),
    ...queueProblems(environment, givens),
    ...sendProblems(givens),
    ...scheduleProblems(givens.schedules, {
      taskTypes: givens.taskTypes,
      environments: ['local', ...givens.environments],
    }),
    ...schedulerProblems(environmentName, givens.schedules),
  ]
  const told = new Set<string>()
  return problems.filter(({ field, remedy }) => {
    const key = `${field}: ${remedy}`
    return !told.has(key) && told.add(key)
  })
}

/** An issue of zod as problems: several where a setting has several forms, or names that no setting has. */
function problemsOf(
  issue: z.core.$ZodIssue,
  environment: unknown,
  at: readonly PropertyKey[] = [],
): SettingProblem[] {
  const path = [...at, ...issue.path]
  const problem = (path: readonly PropertyKey[], remedy: string): SettingProblem => ({
    field: path
      .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
      .join('')
      .slice(1),
    seen: path.reduce(
      (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
      environment,
    ),
    remedy,
  })
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => problem([...path, key], 'there is no such setting: remove it'))
  if (issue.code !== 'invalid_union' || issue.message !== unionMessage) return [problem(path, issue.message)]
  // the form that is meant is the one that fits best
  const forms = issue.errors.map((issues) => issues.flatMap((inner) => problemsOf(inner, environment, path)))
  return forms.sort((a, b) => a.length - b.length)[0] ?? []
}
/** What zod says of a union that has no remedy of its own. */
const unionMessage = 'Invalid input'

/** The names of the broker, which may have 50 characters, and of the stacks begin with both. */
function prefixProblems(environment: string, { name }: Givens): SettingProblem[] {
  const problems = Object.entries({ name, environment })
    .filter(([, prefix]) => !/^[a-z][a-z0-9-]{0,19}$/.test(prefix))
    .map(([field, seen]) => ({ field, seen, remedy: 'use 1 to 20 of a-z 0-9 -, a letter first' }))
  const remedy =
    'choose a name without -work-queue: otherwise roles of another environment could read these logs'
  if (environment.includes('-work-queue')) problems.push({ field: 'environment', seen: environment, remedy })
  return problems
}

function architectureProblems(environment: Environment, { nativePackages }: Givens): SettingProblem[] {
  if (nativePackages.length === 0) return []
  const { workQueue, moreQueues = [] } = environment
  const queues = [
    ['workQueue', workQueue] as const,
    ...moreQueues.map((queue, index) => [`moreQueues[${index}]`, queue] as const),
  ]
  const all = queues.flatMap(([at, { workers }]) =>
    workers.map(({ architecture }, index) => ({
      field: `${at}.workers[${index}].architecture`,
      seen: architecture,
    })),
  )
  const remedy =
    'with services/tasks/native-packages.ts all classes share one image: use one architecture for all'
  return all.flatMap((each) => (each.seen === all[0]?.seen ? [] : [{ ...each, remedy }]))
}

/** A type's queue is the same in every environment, so that each has to have it. */
function queueProblems({ workQueue, moreQueues = [] }: Environment, { taskTypes }: Givens): SettingProblem[] {
  const names = [workQueue, ...moreQueues].map(({ queue }) => queue)
  const remedy = `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}: use one of these, leave it out for ${workQueue.queue}, or add the queue to moreQueues in infra/environments.ts`
  return taskTypes.flatMap(({ type, queue }) =>
    queue === undefined || names.includes(queue)
      ? []
      : [{ field: `task type ${type}: queue`, seen: queue, remedy }],
  )
}

/** The broker treats a priority above its highest as its highest. */
function priorityProblems({ taskTypes }: Givens): SettingProblem[] {
  return taskTypes.flatMap(({ type, priority }) =>
    taskOptions.priority.safeParse(priority).success
      ? []
      : [{ field: `task type ${type}: priority`, seen: priority, remedy: `use 0 to ${limits.priority}` }],
  )
}

/** Handlers would find it out at their first `send`. */
function sendProblems({ taskTypes }: Givens): SettingProblem[] {
  const known = new Set(taskTypes.map(({ type }) => type))
  return taskTypes.flatMap(({ type, sends = [], retryLater: { max } = { max: 1 } }) => [
    ...sends
      .map((sent) => (typeof sent === 'string' ? sent : sent.type))
      .filter((sent) => !known.has(sent))
      .map((seen) => ({
        ...{ field: `task type ${type}: sends`, seen },
        remedy: `use a task type of services/tasks/registry.ts: ${[...known].join(', ')}`,
      })),
    ...(Number.isInteger(max) && max >= 1 && max <= 1_000
      ? []
      : [{ field: `task type ${type}: retryLater.max`, seen: max, remedy: 'use 1 to 1000' }]),
  ])
}

/**
 * A task that takes longer than the stop timeout survives deployments and scale-in because its worker is protected.
 * Where protection does not help, as with Spot, the task is handed back. So a timeout must be shorter than the
 * protection, and the broker must wait longer than the timeout.
 */
function timeProblems({ taskTypes, timing }: Givens): SettingProblem[] {
  const problems = taskTypes
    .filter(
      ({ timeoutSeconds: seconds }) => !(seconds >= 1 && seconds <= Math.min(86_400, taskProtectionSeconds)),
    )
    .map(({ type, timeoutSeconds }) => ({
      field: `task type ${type}: timeoutSeconds`,
      seen: timeoutSeconds,
      remedy: 'use 1 to 86400; cut longer work into several tasks',
    }))
  const { consumerTimeoutSeconds, drainSeconds } = timing
  const minTimeout = Math.max(...taskTypes.map(({ timeoutSeconds }) => timeoutSeconds)) + 300
  // handing back, then what is on its way to ledger and traces, and the threads' end
  const maxDrain = stopTimeoutSeconds - 20
  if (!(consumerTimeoutSeconds >= minTimeout))
    problems.push({
      field: 'infra/timing.ts: consumerTimeoutSeconds',
      seen: consumerTimeoutSeconds,
      remedy: `use ${minTimeout} or more: five minutes after any task's own`,
    })
  if (!(drainSeconds <= maxDrain))
    problems.push({
      field: 'infra/timing.ts: drainSeconds',
      seen: drainSeconds,
      remedy: `use up to ${maxDrain}: handing back and the end of the process take up to twenty seconds more`,
    })
  return problems
}
