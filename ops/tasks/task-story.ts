import type { Letter } from '../../services/operator/letter.ts'
import type { Reading, TryRecord } from '../target/task-records.ts'

/** Everything that the logs tell of one task. Times are ISO 8601. */
export interface TaskStory {
  readonly id: string
  /** As far as the logs tell: `unknown` where no try of it is in them. */
  readonly state: StoryState
  readonly type?: string
  readonly tenant?: string
  readonly priority?: number
  /** The task that has sent it. */
  readonly parent?: string
  /** When it was accepted or, sent for later, due, by the first of its tries that are known; null where none says. */
  readonly acceptedAt: string | null
  readonly endedAt?: string
  readonly traceId?: string
  readonly traceUrl?: string
  /** The first one first. */
  readonly tries: readonly StoryTry[]
  /** What was written of it at other times than while it was tried. */
  readonly lines: readonly StoryLine[]
  readonly children: readonly StoryChild[]
  /** In the dead-letter queue; null where it is in none, undefined where nobody looked. */
  readonly deadLetter?: Letter | null
  /** How many more lines there are than were read. */
  readonly more: number
  readonly reading: Reading
}

/**
 * `failed`: another try comes, or the last one was lost with its connection. `waiting`: it was put off, handed back, or
 * goes on with its next slice.
 */
export type StoryState = 'done' | 'dead' | 'cancelled' | 'failed' | 'waiting' | 'unknown'

export interface StoryTry
  extends Pick<
    TryRecord['record'],
    | 'class'
    | 'worker'
    | 'slot'
    | 'startedAt'
    | 'waitMs'
    | 'durationMs'
    | 'deliveryCount'
    | 'outcome'
    | 'reason'
    | 'sent'
    | 'goesOn'
    | 'laterSeconds'
    | 'traceId'
  > {
  readonly queue: string
  readonly endedAt: string
  /** Its task had been a dead letter before: it was redriven, or sent once more under the same id. */
  readonly again?: true
  /** It made its task a dead letter. */
  readonly last?: true
  /** What was written meanwhile, by the handler above all. */
  readonly lines: readonly StoryLine[]
}

export interface StoryLine {
  readonly time: string
  /** The worker class, or `producer` or `operator`. */
  readonly by: string
  readonly level: string
  readonly msg: string
  /** All other fields, without the task's id, type and trace. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** A task that this one has sent, by its newest try. One that was never tried is in no log. */
export interface StoryChild {
  readonly id: string
  readonly type: string
  readonly tries: number
  readonly outcome: string
  readonly endedAt: string
}
