/** Severity, least first. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof logLevels)[number]

/** How one try of a task ended. What the broker is told for each stands in services/worker/outcome.ts. */
export const outcomes = [
  'done',
  'later',
  'failed',
  'timed-out',
  'thread-died',
  'permanent-failure',
  'unreadable',
  'unknown-type',
  'cancelled',
  'handed-back',
  'connection-lost',
  'consumer-timeout',
] as const
export type Outcome = (typeof outcomes)[number]

/** Those of them that are as somebody meant them to be. */
export const unfailing: readonly Outcome[] = ['done', 'later', 'cancelled', 'handed-back']

/**
 * The line that a worker writes for each try of a task. Every picture, split and ledger is made of these lines.
 * Times are ISO 8601 in UTC with milliseconds; durations are in milliseconds.
 */
export interface TaskLogLine {
  readonly time: string
  readonly level: LogLevel
  readonly msg: 'task'
  /** Empty where the message had none that could be read; so is `type`. */
  readonly id: string
  readonly type: string
  /** 0 to 31, the broker's own default where the message had none. */
  readonly priority: number
  /** For whom it was done, where the message says so. */
  readonly tenant?: string | undefined
  readonly class: string
  readonly worker: string
  /** From 0. */
  readonly slot: number
  /** When it was accepted or, sent for later, due. Null where the message did not say. */
  readonly queuedAt: string | null
  readonly startedAt: string
  /** From `queuedAt` to `startedAt`; on a retry this includes the failed tries. Null where `queuedAt` is. */
  readonly waitMs: number | null
  readonly durationMs: number
  /** Failures before this try, as the broker counts them. */
  readonly deliveryCount: number
  readonly outcome: Outcome
  /** Why, for every outcome but `done`. */
  readonly reason?: string
  /** How many tasks it has sent; not there where none. */
  readonly sent?: number
  /** Its handler has called `continueWith`: this was a slice. */
  readonly goesOn?: true
  /** After how many seconds the task comes back; for `later`. */
  readonly laterSeconds?: number
  /** The task that has sent this one. */
  readonly parent?: string | undefined
  readonly traceId?: string | undefined
}

/** Writes one JSON line per call. Fields must never hold a secret. */
export interface Logger {
  debug(msg: string, fields?: object): void
  info(msg: string, fields?: object): void
  warn(msg: string, fields?: object): void
  error(msg: string, fields?: object): void
}
