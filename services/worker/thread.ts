import { basename } from 'node:path'
import { inspect } from 'node:util'
import { parentPort, workerData } from 'node:worker_threads'
import * as z from 'zod'
import type { Logger } from '../contract/log.ts'
import { decodePayload, traceIdOf } from '../contract/task.ts'
import type { Handler, TaskType } from '../contract/task-type.ts'
import { taskTypes } from '../tasks/registry.ts'
import { createLogger } from '../telemetry/logger.ts'
import type { AbortRequest, LogLine, Ready, Reply, RunRequest, ThreadData } from './protocol.ts'
import { inSpan } from './span.ts'

/** The inside of a slot's thread: parses one payload at a time and runs its handler. */

if (!parentPort) throw new Error('thread.mjs runs as a worker thread, started by main.mjs')
const main = parentPort
const { logLevel, preload } = workerData as ThreadData
const log = createLogger(logLevel, (line) => main.postMessage({ line } satisfies LogLine))
const types = new Map(taskTypes.map((declared) => [declared.type, declared]))
const handlers = new Map<TaskType, Promise<Handler<TaskType>>>()
let controller = new AbortController()

main.on('message', (message: RunRequest | AbortRequest) => {
  if ('abort' in message) controller.abort(new Error(message.abort))
  else void run(message)
})
main.postMessage({ ready: true } satisfies Ready)
// afterwards, so that consuming waits for no handler's module; a first task would else wait for its own
if (preload) for (const declared of taskTypes) load(declared).catch((error) => warnOfHandler(declared, error))

async function run(request: RunRequest): Promise<void> {
  controller = new AbortController()
  const { signal } = controller
  const reply = await attempt(request, signal)
  // n.b. a handler that returns because its signal fired cannot be told from one that finished: repeating is safe
  const stopped = signal.aborted && reply.outcome !== 'permanent-failure'
  main.postMessage((stopped ? { outcome: 'stopped' } : reply) satisfies Reply)
}

async function attempt(request: RunRequest, signal: AbortSignal): Promise<Reply> {
  const declared = types.get(request.type)
  if (!declared)
    return { outcome: 'failed', reason: `task type ${request.type} is not in this thread's registry` }
  const payload = parse(declared, request.content)
  if (!payload.ok) return { outcome: 'unreadable', reason: payload.reason }
  const { id, type, deliveryCount, traceparent } = request
  const traceId = traceIdOf(traceparent)
  const taskLog = withFields(log, { id, type, ...(traceId ? { traceId } : {}) })
  try {
    const handler = await load(declared)
    const context = { id, deliveryCount, signal, traceparent, log: taskLog }
    await inSpan(request, async () => handler(payload.value, context))
    return { outcome: 'done' }
  } catch (error) {
    if (!signal.aborted)
      taskLog.warn('handler threw', { error: inspect(error, { depth: 2 }).slice(0, 10_000) })
    return { outcome: isPermanent(error) ? 'permanent-failure' : 'failed', reason: reasonOf(error) }
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

/** By name: a handler's package may bring its own copy of the class. */
function isPermanent(error: unknown): boolean {
  return error instanceof Error && error.name === 'PermanentTaskError'
}

/** One line of at most 1,000 characters. Handlers throw anything. */
function reasonOf(error: unknown): string {
  const text =
    error instanceof Error ? `${error.name}: ${error.message}` : `threw ${inspect(error, { depth: 1 })}`
  return text.slice(0, 1_000)
}

function withFields(logger: Logger, own: object): Logger {
  return {
    debug: (msg, fields) => logger.debug(msg, { ...fields, ...own }),
    info: (msg, fields) => logger.info(msg, { ...fields, ...own }),
    warn: (msg, fields) => logger.warn(msg, { ...fields, ...own }),
    error: (msg, fields) => logger.error(msg, { ...fields, ...own }),
  }
}
