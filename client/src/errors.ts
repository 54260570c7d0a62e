import type { Answer, Problem } from './answer.ts'

/** A task that is not known to be in the queue. */
export interface FailedTask {
  readonly id: string
  /** The producer's word (`queue full`, `connection lost`, …), or why there is none. */
  readonly reason: string
  /** A request with it was not answered in full, so it may be in the queue all the same: send it with the same id only. */
  readonly mayBeAccepted: boolean
}

/** How far a call came. */
export interface SendProgress {
  /** Of all tasks of the call, in its order. */
  readonly ids: readonly string[]
  /** Those that the broker has confirmed. */
  readonly accepted: readonly string[]
  /** All others. */
  readonly failed: readonly FailedTask[]
}

/**
 * `send` and `sendBatch` reject with nothing else: a refusal (`status` 4xx), a deadline, an abort (`cause` is the
 * signal's reason), or credentials that cannot be had (`cause`).
 */
export class NotAcceptedError extends Error implements SendProgress {
  override readonly name = 'NotAcceptedError'
  readonly ids: readonly string[]
  readonly accepted: readonly string[]
  readonly failed: readonly FailedTask[]
  /** Of the last answer; undefined where there was none. */
  readonly status: number | undefined
  /** The last answer's problem document, where it had one. The `index` of an error counts in the call's tasks. */
  readonly problem: Problem | undefined

  constructor(
    message: string,
    { ids, accepted, failed }: SendProgress,
    answer?: Answer,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.ids = ids
    this.accepted = accepted
    this.failed = failed
    this.status = answer?.status
    this.problem = answer?.problem
  }
}

/** `task`, `wait` and `depth` were refused, such as with 404 for an id that nobody knows, or not answered in time. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
  /** Of the last answer; undefined where there was none. */
  readonly status: number | undefined
  readonly problem: Problem | undefined

  constructor(message: string, answer: Answer) {
    super(message)
    this.status = answer.status
    this.problem = answer.problem
  }
}
