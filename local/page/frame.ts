import type { CrewClass, Mode } from '../crew-settings.ts'
import type { Waited } from './waits.ts'

/** What the server sends to the page in the browser. Times are in milliseconds since 1970 of the server's clock. */
export interface Frame {
  readonly at: number
  readonly mode: Mode
  /** Workers by class, those that leave not counted. */
  readonly workers: Readonly<Record<CrewClass, number>>
  readonly lanes: readonly Lane[]
  /** Whether so much happens that the eye cannot follow: frames then come once a second. */
  readonly dense: boolean
  /** What ended since the frame before. */
  readonly bars: readonly Bar[]
  readonly shares: readonly Share[]
  readonly waits: {
    /** Those with the most tasks, the highest first. */
    readonly priorities: readonly GroupWait[]
    /** Those with the most tasks, these first. */
    readonly tenants: readonly GroupWait[]
  }
  /** Tries that failed. */
  readonly failed: number
  /** Why, those with the most first. */
  readonly reasons: readonly FailureReason[]
  /** Tasks that a worker held when it ended and that the broker had forgotten. */
  readonly lost: number
  readonly queue: QueueState
  /** The names of all queues, the default one first: each has a page of its own. */
  readonly queues: readonly string[]
  readonly schedules: readonly ScheduleTimes[]
}

/** When a schedule sent its last task and sends its next one; undefined where that is not known. */
export interface ScheduleTimes {
  readonly schedule: string
  readonly last?: number | undefined
  readonly next?: number | undefined
}

/** A slot that consumes, or finishes what it has. */
export interface Lane {
  /** `slow 1`; the worker that comes in the place of one that leaves has the same. */
  readonly row: string
  readonly class: CrewClass
  readonly from: number
  readonly leaving: boolean
  /** When the running try began, where it has been running for a while; null else. */
  readonly runningSince: number | null
}

/** One try of a task, or many short ones in a row. */
export interface Bar {
  /** Of the task; of many, the last one's. */
  readonly id: string
  readonly row: string
  readonly from: number
  readonly to: number
  readonly tries: number
  readonly failed: boolean
  readonly leaving: boolean
}

/** What the workers of a class have done in a mode since counting began. */
export interface Share extends Waited {
  readonly mode: Mode
  readonly class: CrewClass
}

/** What tasks of one priority or tenant came to since counting began. */
export interface GroupWait extends Waited {
  readonly name: string
}

/** Tries that failed for the same reason, since counting began. */
export interface FailureReason {
  readonly reason: string
  readonly count: number
  readonly lastAt: number
}

/** What the broker says of the page's queue; null where it has not said anything yet. */
export interface QueueState {
  readonly name: string
  /** By passive declare, so as it is now; so are `consumers`. */
  readonly ready: number | null
  readonly consumers: number | null
  /** From the management API's statistics, which are some seconds old; so are the rest. */
  readonly inFlight: number | null
  readonly delayed: number | null
  readonly later: number | null
  readonly deadLetters: number | null
  /** For how long the queue has been paused; 0 when it is not. */
  readonly pausedSeconds: number | null
}

/** How a task type is sent: an input for each field, or one for the payload as JSON. */
export interface TaskForm {
  readonly type: string
  /** Undefined for the default one. */
  readonly queue?: string | undefined
  readonly fields: readonly Field[] | null
}

/** One field of a payload. */
export interface Field {
  readonly name: string
  readonly kind: 'number' | 'text' | 'json'
  readonly required: boolean
  /** What it begins with. */
  readonly value: string
  /** Of a number. */
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly step?: string
}
