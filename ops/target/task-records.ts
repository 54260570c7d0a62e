import type { Outcome, TaskLogLine } from '../../services/contract/log.ts'

/** What the logs of a whole environment tell of its tasks, whichever queue they were in. */
export interface TaskRecords {
  /**
   * What a search of these times would read.
   * @returns undefined where that costs nothing
   */
  cost(times: Times): Promise<ReadingCost | undefined>
  /** Every line that names a task by its id, in any order. Fires `signal`, it rejects, and the search is stopped. */
  naming(id: string, times: Times, signal: AbortSignal): Promise<Found<TaskLine>>
  /** The tries that are as asked, the newest first; of each task one, the newest. */
  tries(query: TryQuery, signal: AbortSignal): Promise<Found<TryRecord>>
  /** The newest try of each task that has failed, in any order. */
  failures(times: Times, signal: AbortSignal): Promise<Found<FailedTry>>
  /** Where AWS shows a trace, if traces go there. */
  traceUrl(traceId: string): string | undefined
}

/** In milliseconds since 1970. */
export interface Times {
  readonly from: number
  readonly to: number
}

export interface TryQuery extends Times {
  /** As the whole id begins. */
  readonly idPrefix?: string | undefined
  readonly type?: string | undefined
  readonly outcome?: Outcome | undefined
  /** At most so many tasks. */
  readonly limit: number
}

/** What a search costs, as far as it can be known before. */
export interface ReadingCost {
  /** An estimate: what went into the logs in the hours that the times touch. */
  readonly bytes: number
  readonly usd: number
}

export interface Found<Line> {
  readonly found: readonly Line[]
  /** How many more lines were as asked, and are not among them. */
  readonly more: number
  readonly reading: Reading
}

/** What was read for an answer. */
export interface Reading extends Times {
  /** Log groups, or files. */
  readonly places: readonly string[]
  readonly bytes: number
  /** What that has cost; 0 on this machine. */
  readonly usd: number
}

/** A line of a service's log, and whose it was. */
export interface TaskLine {
  readonly record: LogFields
  readonly queue: string
  /** The worker class, or `producer` or `operator`. */
  readonly by: string
  /** The log stream of the process that wrote it, where there is one. */
  readonly stream?: string
}

export interface FailedTry {
  readonly id: string
  /** Why, or how it ended where nothing says why. */
  readonly error: string
}

export interface TryRecord extends TaskLine {
  readonly record: LogFields & TaskLogLine
}

export type LogFields = Readonly<Record<string, unknown>> & { readonly time: string; readonly msg: string }

/** Whether it is the line that a worker writes of a try. A handler may write what it likes. */
export function isTry(one: TaskLine): one is TryRecord {
  const { msg, outcome, startedAt } = one.record
  return msg === 'task' && typeof outcome === 'string' && typeof startedAt === 'string'
}
