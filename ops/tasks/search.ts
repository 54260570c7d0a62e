import type { Outcome } from '../../services/contract/log.ts'
import { taskIdPattern } from '../../services/contract/task.ts'
import type { Target } from '../target/target.ts'
import type { Reading, Times, TryRecord } from '../target/task-records.ts'
import { day, timesOf } from './times.ts'

export interface TaskSearch extends Partial<Times> {
  /** As the id begins, or the whole id. */
  readonly id?: string | undefined
  readonly type?: string | undefined
  /** Of a try: a task may have others after it. */
  readonly outcome?: Outcome | undefined
  /** At most so many tasks. */
  readonly limit: number
}

export interface TasksFound {
  /** The newest first. */
  readonly tasks: readonly FoundTask[]
  /** How many more there are. */
  readonly more: number
  readonly reading: Reading
}

/** A task by the newest of its tries that are as asked. */
export interface FoundTask
  extends Pick<
    TryRecord['record'],
    | 'id'
    | 'type'
    | 'tenant'
    | 'priority'
    | 'class'
    | 'startedAt'
    | 'waitMs'
    | 'durationMs'
    | 'deliveryCount'
    | 'outcome'
    | 'reason'
  > {
  readonly queue: string
  /** ISO 8601. */
  readonly endedAt: string
}

/**
 * Tasks by their tries, over all queues of an environment. One that was never tried is in no log.
 * @param search without times, those of the last 24 hours
 * @throws Error, one sentence, when the logs cannot be read
 */
export async function searchTasks(
  target: Pick<Target, 'taskRecords'>,
  { id, type, outcome, limit, ...times }: TaskSearch,
  signal: AbortSignal,
): Promise<TasksFound> {
  // it becomes a part of the query
  if (id !== undefined && !taskIdPattern.test(id))
    throw new Error(`no task id begins with ${JSON.stringify(id)}`)
  const query = { ...timesOf(times, day), idPrefix: id, type, outcome, limit }
  const { found, more, reading } = await target.taskRecords.tries(query, signal)
  return { tasks: found.map(foundTask), more, reading }
}

function foundTask({ record, queue }: TryRecord): FoundTask {
  const {
    id,
    type,
    tenant,
    priority,
    class: workerClass,
    startedAt,
    waitMs,
    durationMs,
    deliveryCount,
    outcome,
    reason,
  } = record
  return {
    ...{ id, type, queue, priority, class: workerClass, startedAt, endedAt: record.time },
    ...{ waitMs, durationMs, deliveryCount, outcome },
    ...(tenant === undefined ? {} : { tenant }),
    ...(reason === undefined ? {} : { reason }),
  }
}
