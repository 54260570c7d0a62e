import type { LogLevel } from '../contract/log.ts'

/** What the main thread and a handler's thread say to each other: one message each way per try, if all goes well. */

/** Main → thread: do this. */
export interface RunRequest {
  readonly id: string
  readonly type: string
  readonly deliveryCount: number
  readonly traceparent?: string | undefined
  /**
   * The message's body, a character for each byte: to send an array of bytes takes twice as long as all the rest of a
   * try. Decoded and parsed in the thread, so that no body, however large or odd, can hold up the main thread.
   */
  readonly content: string
}

/** Main → thread: the try is over; the handler's signal fires with this reason. */
export interface AbortRequest {
  readonly abort: string
}

/** Thread → main: how the try ended. `stopped`: the handler ended, in whatever way, after its signal had fired. */
export type Reply =
  | { readonly outcome: 'done' }
  | { readonly outcome: 'stopped' }
  | {
      readonly outcome: 'failed' | 'permanent-failure' | 'unreadable' | 'thread-died'
      readonly reason: string
    }

/** Thread → main: a finished log line of the handler's. */
export interface LogLine {
  readonly line: string
}

/** Thread → main: all that tasks have in common is loaded. */
export interface Ready {
  readonly ready: true
}

/** What a thread is told when it starts. */
export interface ThreadData {
  readonly logLevel: LogLevel
  /** Load all handlers' modules at once, and not each at its first task. */
  readonly preload: boolean
}
