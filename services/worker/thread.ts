import { AsyncLocalStorage } from 'node:async_hooks'
import { basename } from 'node:path'
import { workerData } from 'node:worker_threads'
import * as z from 'zod'
import type { Logger } from '../contract/log.ts'
import { decodePayload, traceIdOf } from '../contract/task.ts'
import type { Handler, TaskType } from '../contract/task-type.ts'
import { taskTypes } from '../tasks/registry.ts'
import { createLogger } from '../telemetry/logger.ts'
import { watchForBlocks } from './blocks.ts'
import { Outbox } from './outbox.ts'
import { Progress } from './progress.ts'
import type { AbortRequest, FromThread, Reply, RunRequest, ThreadData, ToThread } from './protocol.ts'
import { encodeResult } from './result.ts'
import { currentTraceparent, inSpan } from './span.ts'
import { describe, reasonOf, replyTo } from './thrown.ts'

/** The inside of a thread: parses the payloads of its slots and runs their handlers, one at a time for each slot. */

interface RunningTry extends Pick<RunRequest, 'id' | 'type'> {
  readonly controller: AbortController
  over: boolean
}

const { port, logLevel, preload, shared, ledger } = workerData as ThreadData
// no handler may speak in the thread's name
delete workerData.port
const log = createLogger(logLevel, (line) => say({ line }))
const types = new Map(taskTypes.map((declared) => [declared.type, declared]))
const handlers = new Map<TaskType, Promise<Handler<TaskType>>>()
/** By slot. */
const tries = new Map<number, RunningTry>()
/** Which task's code is running, also in callbacks that run after its handler has returned. */
const owner = new AsyncLocalStorage<RunningTry>()
const outbox: FromThread[] = []

port.on('message', (batch: readonly ToThread[]) => {
  for (const message of batch) {
    if ('abort' in message) abort(message)
    else void run(message)
  }
})
process.on('uncaughtException', (error) => {
  const left = owner.getStore()
  // an uncaught error of a running handler ends its thread, and so does one that belongs to no task
  if (!left?.over) throw error
  const { id, type } = left
  log.warn('a finished handler left an error behind', { id, type, error: describe(error) })
})
const watch = shared ? watchForBlocks(say) : undefined
say({ ready: true })
// afterwards, so that consuming does not wait for the handlers' modules, and neither does the first task
if (preload) for (const declared of taskTypes) load(declared).catch((error) => warnOfHandler(declared, error))

/** Says it at once, and before it what was put off. */
function say(message: FromThread): void {
  outbox.push(message)
  flush()
}

function flush(): void {
  if (outbox.length > 0) port.postMessage(outbox, outbox.flatMap(buffersIn))
  outbox.length = 0
}

/** They move, and are not copied. */
function buffersIn(message: FromThread): ArrayBuffer[] {
  const { tasks = [], continuation, join } = ('sent' in message && message.sent) || {}
  const sent = join ? [...tasks, join.last] : tasks
  const contents = [...sent.map(({ content }) => content), ...(continuation ? [continuation] : [])]
  return contents.map(({ buffer }) => buffer)
}

function abort({ slot, abort: reason }: AbortRequest): void {
  say({ heard: slot })
  tries.get(slot)?.controller.abort(new Error(reason))
}

async function run(request: RunRequest): Promise<void> {
  const { slot, id, type } = request
  const running: RunningTry = { id, type, controller: new AbortController(), over: false }
  tries.set(slot, running)
  watch?.began(type)
  const { signal } = running.controller
  const reply = await owner.run(running, () => attempt(request, signal))
  running.over = true
  tries.delete(slot)
  watch?.ended(type)
  // a handler that returns because its signal fired cannot be told from one that finished: repeating is safe
  const stopped = signal.aborted && reply.outcome !== 'permanent-failure'
  outbox.push({ ...(stopped ? { outcome: 'stopped' } : reply), slot })
  // others may end in the same turn: each message wakes the main thread
  if (tries.size === 0) flush()
  else if (outbox.length === 1) setImmediate(flush)
}

async function attempt(request: RunRequest, signal: AbortSignal): Promise<Reply> {
  const declared = types.get(request.type)
  if (!declared)
    return { outcome: 'failed', reason: `task type ${request.type} is not in this thread's registry` }
  const payload = parse(declared, request.content)
  if (!payload.ok) return { outcome: 'unreadable', reason: payload.reason }
  const { slot, id, type, deliveryCount, traceparent } = request
  const traceId = traceIdOf(traceparent)
  const taskLog = withFields(log, { id, type, ...(traceId ? { traceId } : {}) })
  const sends = new Outbox(request, declared, types, () => currentTraceparent(traceparent), ledger)
  const progress = new Progress((said) => {
    if (ledger) say({ ...said, progressOf: slot })
  })
  try {
    const handler = await load(declared)
    const { set } = progress
    const context = { id, deliveryCount, signal, traceparent, log: taskLog, progress: set, ...sends.calls }
    const returned = await inSpan(request, async () => handler(payload.value, context))
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

function warnOfHandler({ type }: TaskType, error: unknown): void {
  log.error('handler cannot be loaded: tasks of its type fail', { type, error: reasonOf(error) })
}

/** The module is loaded once; what failed to load fails again for each task of its type, and for no other. */
function load(declared: TaskType): Promise<Handler<TaskType>> {
  const loaded = handlers.get(declared) ?? importHandler(declared)
  handlers.set(declared, loaded)
  return loaded
}

async function importHandler({ handler }: TaskType): Promise<Handler<TaskType>> {
  const file = new URL(`./handlers/${basename(handler, '.ts')}.mjs`, import.meta.url)
  const module: { default?: Handler<TaskType> } = await import(file.href)
  if (typeof module.default !== 'function')
    throw new TypeError(`${handler} has no function as default export`)
  return module.default
}

function withFields(logger: Logger, own: object): Logger {
  return {
    debug: (msg, fields) => logger.debug(msg, { ...fields, ...own }),
    info: (msg, fields) => logger.info(msg, { ...fields, ...own }),
    warn: (msg, fields) => logger.warn(msg, { ...fields, ...own }),
    error: (msg, fields) => logger.error(msg, { ...fields, ...own }),
  }
}
