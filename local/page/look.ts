import type { QueueState, ScheduleTimes } from './frame.ts'

/** What the page of a deployed queue shows. Times are in milliseconds since 1970. */
export interface QueueLookFrame {
  /** When it was looked at. */
  readonly at: number
  /** When the figures were measured; null where there are none. */
  readonly asOf: number | null
  readonly queue: QueueState
  readonly queues: readonly string[]
  readonly classes: readonly ClassFrame[]
  /** Oldest first. */
  readonly minutes: readonly MinuteFrame[]
  readonly schedules: readonly ScheduleTimes[]
  /** What is wrong, worst first: alarms, and what cannot be looked at. */
  readonly findings: readonly { readonly what: string; readonly remedy: string }[]
  /** Over how many seconds tasks and waits of the classes are counted. */
  readonly windowSeconds: number
}

/** A worker class. */
export interface ClassFrame {
  readonly name: string
  readonly running: number
  readonly desired: number | null
  readonly slots: number
  /** vCPUs. */
  readonly capacity: number
  readonly done: number
  readonly failed: number
  readonly waitMs: { readonly p50: number; readonly p95: number } | null
  /** What ECS says of a deployment that has not ended, or has failed. */
  readonly deployment: string | null
}

/** What was measured in a minute; null where nothing was. */
export interface MinuteFrame {
  readonly at: number
  readonly backlog: number | null
  readonly done: number | null
  readonly failed: number | null
  /** The worst of the classes. */
  readonly waitP95: number | null
}
