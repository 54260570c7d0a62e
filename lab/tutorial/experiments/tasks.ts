import type { NewTask } from '../../../client/src/task.ts'
import type { TaskLogLine } from '../../../services/contract/log.ts'
import type { Experiment } from './catalogue.ts'

/** A task of an experiment. */
export interface ExperimentTask {
  readonly task: NewTask & { readonly id: string }
  /** How long it takes on the fast worker, in whole milliseconds; of a task that computes, about how long. */
  readonly ms: number
}

/** A long task of a mixed run is this many times as long as a short one. */
const longTask = 5
/** A task that waits beside tasks that compute is this many times as long as one that sleeps elsewhere. */
const longWait = 10
/** Some 50 ms of a whole CPU: longer than the slices of time in which the kernel grants a quota. */
const digest = { rounds: 60_000, ms: 50 }

/** The tasks of an experiment: so many, of so many milliseconds, unless it has tasks of its own. */
export function tasksOf(
  { cpus, mixed, tenants, queues }: Experiment,
  count: number,
  ms: number,
): ExperimentTask[] {
  if (cpus)
    return numbered(count, () => ({ type: 'digest', payload: { rounds: digest.rounds }, ms: digest.ms }))
  if (queues) return tasksOfTwoQueues(count, ms)
  if (tenants) return tasksOfTenants(count, ms, tenants === 'named')
  if (!mixed) return numbered(count, () => sleep(ms))
  // the long ones first: a long task that is begun last would hold up the end, whoever does it
  return numbered(10, (index) => sleep(index < 2 ? longTask * ms : ms))
}

/** A noisy tenant's, and after them those of nine quiet ones: of 50, one each. */
function tasksOfTenants(count: number, ms: number, named: boolean): ExperimentTask[] {
  const quietEach = Math.max(1, Math.floor(count / 50))
  const senders = [
    { tenant: 'noisy', own: Math.max(9, count - 9 * quietEach) },
    ...Array.from({ length: 9 }, (_, at) => ({ tenant: `quiet-${at + 1}`, own: quietEach })),
  ]
  return senders.flatMap(({ tenant, own }) =>
    numbered(own, () => sleep(ms), tenant).map(({ task, ...rest }) => ({
      task: { ...task, tenant: named ? tenant : undefined },
      ...rest,
    })),
  )
}

/** Half compute, half wait, in turn: in one queue they would stand between each other. */
function tasksOfTwoQueues(count: number, ms: number): ExperimentTask[] {
  const computing = numbered(
    Math.ceil(count / 2),
    () => ({ type: 'digest', payload: { rounds: digest.rounds }, ms: digest.ms }),
    'computes',
  )
  const waiting = numbered(Math.floor(count / 2), () => sleep(longWait * ms), 'waits')
  return computing.flatMap((task, at) => [task, ...waiting.slice(at, at + 1)])
}

/** What tasks that compute took on a worker, by their median. */
export function measuredMs(lines: readonly TaskLogLine[], by: 'slow' | 'fast' = 'fast'): number {
  const own = lines.filter((line) => line.class === by && line.outcome === 'done')
  const durations = own.map(({ durationMs }) => durationMs).toSorted((one, other) => one - other)
  return Math.round(durations[Math.floor(durations.length / 2)] ?? digest.ms)
}

function sleep(ms: number) {
  return { type: 'sleep', payload: { ms }, ms }
}

function numbered(
  count: number,
  make: (index: number) => { type: string; payload: object; ms: number },
  sender = 'task',
): ExperimentTask[] {
  return Array.from({ length: count }, (_, index) => {
    const { type, payload, ms } = make(index)
    return { task: { id: `${sender}-${index + 1}`, type, payload }, ms }
  })
}
