/** How an environment is, as far as its figures tell. */
export interface Look {
  /** Milliseconds since 1970 of the queue's figures; undefined when there are none. */
  readonly asOf: number | undefined
  /** Seconds between two of their measurements. */
  readonly measuredEvery: number
  readonly queue: QueueLook
  readonly classes: readonly ClassLook[]
  /** Over how many seconds the tasks and waits of the classes are counted. */
  readonly windowSeconds: number
  /** The backlog until now, oldest first, at equal distances. */
  readonly backlog: readonly number[]
  /** The last half hour, oldest first; none where nothing keeps it. */
  readonly minutes: readonly MinuteLook[]
}

/** What was measured in a minute; null where nothing was. */
export interface MinuteLook {
  /** Its begin, in milliseconds since 1970. */
  readonly at: number
  readonly backlog: number | null
  readonly done: number | null
  readonly failed: number | null
  /** In milliseconds, of the worker class that was worst. */
  readonly waitP95: number | null
}

export interface QueueLook {
  readonly ready: number
  readonly inFlight: number
  /** Failed tasks that wait for their retry. */
  readonly delayed: number
  /** Tasks that were sent for later and are not yet due. */
  readonly later: number
  /** Slots in service. */
  readonly consumers: number
  readonly deadLetters: number
  /** Dead letters on their way. */
  readonly deadLettering: number
  /** For how long the queue has been paused; 0 when it is not. */
  readonly pausedSeconds: number
}

export interface ClassLook {
  readonly name: string
  /** Worker processes; in AWS, ECS tasks. */
  readonly running: number
  /** What scaling asks for; undefined where nothing scales. */
  readonly desired: number | undefined
  readonly slots: number
  /** What its slots can do beside those of other classes: vCPUs in AWS; locally fast slots, as sleep tasks find them. */
  readonly capacity: number
  readonly done: number
  readonly failed: number
  /** From the producer's acceptance, or from when it was due, to the start of the first try; undefined when none started. */
  readonly waitMs: { readonly p50: number; readonly p95: number } | undefined
  /** What ECS says of a deployment that has not ended, or has failed. */
  readonly deployment?: string | undefined
}

/** Looks again and again. */
export interface Watcher {
  /** Seconds between two looks, so that each may show something new. */
  readonly everySeconds: number
  look(): Promise<Look>
}

/** A schedule, and the times at which it ran and will run, in milliseconds since 1970. */
export interface ScheduleLook {
  readonly name: string
  /** Its cron or rate. */
  readonly when: string
  readonly timeZone: string
  /** Undefined where none is known. */
  readonly last: number | undefined
  readonly next: number | undefined
}

/** Something that is wrong, and what to do. */
export interface Finding {
  readonly what: string
  readonly remedy: string
}
