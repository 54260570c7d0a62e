import type { MessagePort } from 'node:worker_threads'
import type { LogLevel } from '../contract/log.ts'
import type { ThreadSpan } from '../tracing/port.ts'
import type { Said } from './progress.ts'

/**
 * What the main thread and a handlers' thread say to each other, in batches: all that is said in one turn of the event
 * loop goes as one message. It goes through a port of its own, since handlers may post to `parentPort`.
 */

/** Main → thread: do this. */
export interface RunRequest {
  readonly slot: number
  readonly id: string
  readonly type: string
  readonly deliveryCount: number
  readonly traceparent?: string | undefined
  /** What earlier slices of this task have sent: the ids of what it sends count on from here. */
  readonly sentBefore: number
  /**
   * The message's body, with a character for each byte: sending an array of bytes takes twice as long as the rest of a
   * try. The thread decodes and parses it, so that no body can hold up the main thread.
   */
  readonly content: string
}

/** Main → thread: the slot's try is over; the handler's signal fires with this reason. */
export interface AbortRequest {
  readonly slot: number
  readonly abort: string
}

export type ToThread = RunRequest | AbortRequest

/** A task that a handler has sent, its payload as JSON in UTF-8. Bytes, since they move to the main thread uncopied. */
export interface SentTask {
  readonly id: string
  /** Its place among those of a `sendAll`, from 0. */
  readonly joinIndex?: number | undefined
  readonly type: string
  readonly content: Uint8Array<ArrayBuffer>
  readonly priority?: number | undefined
  readonly tenant?: string | undefined
  readonly delaySeconds?: number | undefined
  readonly traceparent?: string | undefined
}

/** All that one try has sent, and the payload with which its task goes on. */
export interface SentTasks {
  readonly tasks: readonly SentTask[]
  readonly continuation?: Uint8Array<ArrayBuffer>
  /** What is to be sent when all tasks that have a `joinIndex` are done. */
  readonly join?: { readonly children: number; readonly last: SentTask }
}

/**
 * How a try ended. `stopped`: the handler ended, in whatever way, after its signal had fired; or its thread was ended
 * since it did not, `blocked` by one of its handlers or not.
 */
export type Reply =
  /** `result` is JSON text, where a ledger keeps it. */
  | { readonly outcome: 'done'; readonly sent?: SentTasks; readonly result?: string }
  /** `seconds` is whole, 1 to 604,800. */
  | { readonly outcome: 'later'; readonly seconds: number; readonly reason: string }
  | { readonly outcome: 'stopped'; readonly blocked?: boolean }
  | {
      readonly outcome: 'failed' | 'permanent-failure' | 'unreadable' | 'thread-died' | 'handed-back'
      readonly reason: string
    }

/** Thread → main: how the slot's try ended. */
export type SlotReply = Reply & { readonly slot: number }

/** Thread → main: the request to abort has arrived, so the thread is not blocked. */
export interface Heard {
  readonly heard: number
}

/** Thread → main: how far the slot's task is, where a ledger keeps it. */
export interface SaidProgress extends Said {
  readonly progressOf: number
}

/** Thread → main: a finished log line of a handler's. */
export interface LogLine {
  readonly line: string
}

/** Thread → main: the thread's event loop stood still for so long, in milliseconds, while tasks of these types ran. */
export interface Blocked {
  readonly blockedMs: number
  readonly types: readonly string[]
}

/** Thread → main: spans that handlers have ended. */
export interface Spans {
  readonly spans: readonly ThreadSpan[]
}

/** Thread → main: all that tasks have in common is loaded. */
export interface Ready {
  readonly ready: true
}

export type FromThread = SlotReply | Heard | SaidProgress | LogLine | Blocked | Spans | Ready

/** What a thread is told when it starts. */
export interface ThreadData {
  readonly port: MessagePort
  readonly logLevel: LogLevel
  /** Load all handlers' modules at once, and not each at its first task. */
  readonly preload: boolean
  /** Several slots run their handlers in it, so that one that blocks holds up the others. */
  readonly shared: boolean
  /** A ledger keeps what handlers return and say of their progress. */
  readonly ledger: boolean
}
