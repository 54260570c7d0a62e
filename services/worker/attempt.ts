import * as z from 'zod'
import type { Logger } from '../contract/log.ts'
import { decodePayload, traceIdOf } from '../contract/task.ts'
import type { Handler, TaskType } from '../contract/task-type.ts'
import type { ThreadTracing } from '../tracing/port.ts'
import { Outbox } from './outbox.ts'
import { type Said, TaskProgress } from './progress.ts'
import type { Reply, RunRequest } from './protocol.ts'
import { encodeResult } from './result.ts'
import { describe, reasonOf, replyTo } from './thrown.ts'

/** What the tries of a thread have in common. */
export interface AttemptMeans {
  readonly types: ReadonlyMap<string, TaskType>
  /** Gives a type's handler. */
  readonly load: (declared: TaskType) => Promise<Handler<TaskType>>
  readonly log: Logger
  /** Told of what a handler says of its progress; undefined where there is no ledger to keep that, nor a result. */
  readonly onProgress?: ((slot: number, said: Said) => void) | undefined
  /** @default what a handler makes spans of is in no trace */
  readonly tracing?: ThreadTracing | undefined
}

/**
 * One try, from the message's body to the reply: parses the payload, and runs the handler. Never rejects.
 * @param signal fires when the try is over for another reason than the handler's
 */
export async function attempt(request: RunRequest, signal: AbortSignal, means: AttemptMeans): Promise<Reply> {
  const reply = await attemptToEnd(request, signal, means)
  // a handler that returns because its signal fired cannot be told from one that finished: repeating is safe
  return signal.aborted && reply.outcome !== 'permanent-failure' ? { outcome: 'stopped' } : reply
}

async function attemptToEnd(
  request: RunRequest,
  signal: AbortSignal,
  { types, load, log, onProgress, tracing }: AttemptMeans,
): Promise<Reply> {
  const declared = types.get(request.type)
  if (!declared)
    return { outcome: 'failed', reason: `task type ${request.type} is not in this thread's registry` }
  const payload = parse(declared, request.content)
  if (!payload.ok) return { outcome: 'unreadable', reason: payload.reason }
  const { slot, id, type, deliveryCount, traceparent } = request
  const ledger = onProgress !== undefined
  const traceId = traceIdOf(traceparent)
  const taskLog = withFields(log, { id, type, ...(traceId ? { traceId } : {}) })
  const sends = new Outbox(request, declared, types, () => tracing?.traceparent() ?? traceparent, ledger)
  const progress = new TaskProgress(onProgress && ((said) => onProgress(slot, said)))
  try {
    const handler = await load(declared)
    const says = progress.set.bind(progress)
    const context = { id, deliveryCount, signal, traceparent, log: taskLog, progress: says, ...sends.calls }
    const returned = await (tracing
      ? tracing.within(traceparent, async () => handler(payload.value, context))
      : handler(payload.value, context))
    const result = ledger ? encodeResult(returned) : undefined
    const sent = sends.close()
    return { outcome: 'done', ...(sent ? { sent } : {}), ...(result === undefined ? {} : { result }) }
  } catch (error) {
    sends.close()
    const reply = replyTo(error)
    if (!signal.aborted && reply.outcome !== 'later')
      taskLog.warn('handler threw', { error: describe(error) })
    return reply
  } finally {
    progress.close()
  }
}

type Parsed = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string }

function parse(declared: TaskType, content: string): Parsed {
  const body = decodePayload(Buffer.from(content, 'latin1'))
  if (!body.ok) return body
  try {
    const parsed = declared.payload.safeParse(body.payload)
    if (parsed.success) return { ok: true, value: parsed.data }
    return {
      ok: false,
      reason: `payload does not fit: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`,
    }
  } catch (error) {
    // arrays nested a hundred thousand deep exhaust the stack of a schema
    return { ok: false, reason: `payload does not fit: ${reasonOf(error)}` }
  }
}

/** Methods, not arrow functions: see {@link Outbox.calls}. */
function withFields(logger: Logger, own: object): Logger {
  return {
    debug(msg, fields) {
      logger.debug(msg, { ...fields, ...own })
    },
    info(msg, fields) {
      logger.info(msg, { ...fields, ...own })
    },
    warn(msg, fields) {
      logger.warn(msg, { ...fields, ...own })
    },
    error(msg, fields) {
      logger.error(msg, { ...fields, ...own })
    },
  }
}

/**
 * The handler that a module exports.
 * @param file of the module, for the error
 * @throws TypeError where it exports none
 */
export function handlerIn(module: { readonly default?: unknown }, file: string): Handler<TaskType> {
  if (typeof module.default !== 'function') throw new TypeError(`${file} has no function as default export`)
  return module.default as Handler<TaskType>
}
