import type { LogLevel } from '../../services/contract/log.ts'
import type { Handler, HandlerContext, TaskType } from '../../services/contract/task-type.ts'
import type { Ending } from '../../services/worker/outcome.ts'
import type { Reply, SentTask } from '../../services/worker/protocol.ts'

/** How a try ended, as the worker sees it, and what came of it. */
export interface TryResult extends Pick<Ending, 'outcome' | 'reason' | 'laterSeconds'> {
  /** The tasks that are published now: none unless the try is done. */
  readonly sent: readonly SentInTry[]
  /** The payload that `continueWith` was called with; not there where it was not. */
  readonly continuesWith?: unknown
  /** What the handler returned; not there where it returned nothing, or was not done. */
  readonly result?: unknown
  /** What the handler threw, with its stack. */
  readonly error?: unknown
  /** What it said of how far it is, in order. */
  readonly progress: readonly ProgressInTry[]
  /** Its log lines of all levels, in order. */
  readonly log: readonly LineOfTry[]
}

/** A task that a handler has sent. */
export interface SentInTry extends Omit<SentTask, 'content'> {
  readonly payload: unknown
}

/** One call of `progress`. */
export interface ProgressInTry {
  readonly value: number
  readonly note?: string
}

type ProgressCall = (value: number, note?: string) => void

/** A log line of a handler's, as it is written in AWS. */
export interface LineOfTry {
  readonly time: string
  readonly level: LogLevel
  readonly msg: string
  readonly [field: string]: unknown
}

/** What a try does, as it does it. */
export class TrySeen {
  readonly log: LineOfTry[] = []
  readonly progress: ProgressInTry[] = []
  #returned: unknown
  #thrown: { readonly error?: unknown } = {}

  /** The same handler, looked at. */
  watch(handler: Handler<TaskType>): Handler<TaskType> {
    return async (payload, context) => {
      try {
        this.#returned = await handler(payload, this.#listening(context))
      } catch (error) {
        this.#thrown = { error }
        throw error
      }
    }
  }

  #listening(context: HandlerContext): HandlerContext {
    const { progress: pass }: { progress?: ProgressCall } = context as object
    const progress: ProgressCall = (value, note) => {
      pass?.(value, note)
      this.progress.push({ value, ...(note === undefined ? {} : { note }) })
    }
    return Object.assign(context, { progress })
  }

  /** Takes a line of the try's log; the worker's own word of what was thrown is none of the handler's. */
  readonly line = (line: string): void => {
    const record: LineOfTry = JSON.parse(line)
    if (record.msg !== 'handler threw') this.log.push(record)
  }

  /** @param reply the try's own, before a time limit or a shutdown made another of it */
  result({ outcome, reason, laterSeconds }: Ending, reply: Reply | undefined): TryResult {
    const isDone = reply?.outcome === 'done'
    const { tasks = [], continuation } = (isDone && reply.sent) || {}
    return {
      outcome,
      ...(reason === undefined ? {} : { reason }),
      ...(laterSeconds === undefined ? {} : { laterSeconds }),
      sent: tasks.map(({ content, ...task }) => ({ ...defined(task), payload: decode(content) })),
      ...(continuation ? { continuesWith: decode(continuation) } : {}),
      ...(isDone && this.#returned !== undefined ? { result: this.#returned } : {}),
      ...this.#thrown,
      progress: this.progress,
      log: this.log,
    }
  }
}

const decode = (json: Uint8Array) => JSON.parse(new TextDecoder().decode(json)) as unknown

/** So that a test may compare with toEqual, and with toStrictEqual. */
const defined = <Fields extends object>(fields: Fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields
