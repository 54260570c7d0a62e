import type { Outcome } from '../../services/contract/log.ts'

/** What the page asks the operator's code for. */
export type DeskWish =
  | { readonly wish: 'pause' | 'resume' }
  /** `agreed` to what reading their errors costs. */
  | { readonly wish: 'deadLetters'; readonly agreed: boolean }
  | { readonly wish: 'cancel'; readonly ids: readonly string[]; readonly undo: boolean }
  | { readonly wish: 'redrive'; readonly which: WhichLetters }
  | ({ readonly wish: 'cost' } & SearchedTimes)
  | { readonly wish: 'search'; readonly search: SoughtTasks }
  | { readonly wish: 'story'; readonly id: string; readonly since: number }

/** Dead letters: all, or those that are so. */
export interface WhichLetters {
  /** Milliseconds since 1970: what died later was not looked at by who asks. */
  readonly diedBefore?: number | undefined
  readonly ids?: readonly string[] | undefined
}

/** In milliseconds since 1970. */
export interface SearchedTimes {
  readonly from: number
  readonly to: number
}

export interface SoughtTasks extends SearchedTimes {
  /** The beginning of an id. */
  readonly id?: string | undefined
  readonly type?: string | undefined
  readonly outcome?: Outcome | undefined
}

/** What came of a wish, in a sentence for the user. */
export interface ActionResult {
  readonly ok: boolean
  readonly message: string
}

/** All dead letters of a queue that were reached. */
export interface DeadLettersSeen {
  /** Milliseconds since 1970. */
  readonly at: number
  /** How many there are; more than `letters` where not all were reached. */
  readonly count: number
  readonly letters: readonly DeadTask[]
  /** What it takes to read why they died, where that costs so much that somebody has to agree first. */
  readonly unread?: LogReading | undefined
}

export interface DeadTask {
  /** Empty where the message has none; so is `type`. */
  readonly id: string
  readonly type: string
  /** Of the last try, its numbers and ids as `#`; what the broker knows where the task log does not tell. */
  readonly error: string
  /** ISO 8601. */
  readonly diedAt: string | null
  /** How often it was redriven before. */
  readonly redriven: number
}

/** Tasks that a search has found, the newest first. */
export interface TasksSeen {
  readonly tasks: readonly SeenTask[]
  /** How many more there are than were asked for. */
  readonly more: number
  readonly reading: LogReading
  /** Why not each task is in the log; undefined where each is. */
  readonly sampled?: string | undefined
}

/** What reading the logs takes. */
export interface LogReading {
  readonly bytes: number
  /** 0 on this machine. */
  readonly usd: number
}

/** What reading the logs would take. */
export interface ReadingAhead extends LogReading {
  /** Somebody has to agree to it. */
  readonly large: boolean
}

/** A task by its newest try. Times are ISO 8601. */
export interface SeenTask {
  readonly id: string
  readonly type: string
  readonly queue: string
  readonly class: string
  readonly priority: number
  readonly tenant?: string
  readonly outcome: Outcome
  readonly reason?: string
  readonly endedAt: string
  readonly waitMs: number | null
  readonly durationMs: number
  /** Failures before this try. */
  readonly deliveryCount: number
}

/** Everything that the logs tell of one task. Times are ISO 8601. */
export interface SeenStory {
  readonly id: string
  /** `unknown` where no try of it is in the logs. */
  readonly state: 'done' | 'dead' | 'cancelled' | 'failed' | 'waiting' | 'unknown'
  readonly type?: string
  readonly tenant?: string
  readonly priority?: number
  /** The task that has sent it. */
  readonly parent?: string
  readonly acceptedAt: string | null
  readonly traceUrl?: string
  /** The first one first. */
  readonly tries: readonly SeenTry[]
  /** What was written of it at other times than while it was tried. */
  readonly lines: readonly SeenLine[]
  /** Tasks that it has sent. */
  readonly children: readonly {
    readonly id: string
    readonly type: string
    readonly outcome: string
  }[]
  readonly reading: LogReading
}

export interface SeenTry {
  readonly queue: string
  readonly class: string
  readonly worker: string
  readonly startedAt: string
  readonly endedAt: string
  readonly waitMs: number | null
  readonly durationMs: number
  /** How often it had failed before, as the broker counts. */
  readonly deliveryCount: number
  readonly outcome: Outcome
  readonly reason?: string
  readonly laterSeconds?: number
  readonly sent?: number
  /** It made its task a dead letter. */
  readonly last?: true
  readonly lines: readonly SeenLine[]
}

export interface SeenLine {
  readonly time: string
  readonly level: string
  readonly msg: string
  readonly fields: Readonly<Record<string, unknown>>
}
