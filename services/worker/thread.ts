import { AsyncLocalStorage } from 'node:async_hooks'
import { basename } from 'node:path'
import { workerData } from 'node:worker_threads'
import { openThreadTracing } from '#tracing/thread'
import type { Handler, TaskType } from '../contract/task-type.ts'
import { taskTypes } from '../tasks/registry.ts'
import { createLogger } from '../telemetry/logger.ts'
import { attempt, handlerIn } from './attempt.ts'
import { watchForBlocks } from './blocks.ts'
import type { Said } from './progress.ts'
import type { AbortRequest, FromThread, RunRequest, ThreadData, ToThread } from './protocol.ts'
import { describe } from './thrown.ts'

/** The inside of a thread: runs the handlers of its slots, one at a time for each slot. */

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
const onProgress = ledger ? (slot: number, said: Said) => say({ ...said, progressOf: slot }) : undefined
/** By slot. */
const tries = new Map<number, RunningTry>()
/** Which task's code is running, also in callbacks that run after its handler has returned. */
const owner = new AsyncLocalStorage<RunningTry>()
const outbox: FromThread[] = []
const tracing = openThreadTracing((span) => sayLater({ spans: [span] }))
const means = { types, load, log, onProgress, tracing }

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

/** Says it with what follows in this turn: each message wakes the main thread. */
function sayLater(message: FromThread): void {
  outbox.push(message)
  if (outbox.length === 1) setImmediate(flush)
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
  const reply = await owner.run(running, () => attempt(request, signal, means))
  running.over = true
  tries.delete(slot)
  watch?.ended(type)
  const ended = { ...reply, slot }
  // others may end in the same turn
  if (tries.size === 0) say(ended)
  else sayLater(ended)
}

function warnOfHandler({ type }: TaskType, error: unknown): void {
  log.error('handler cannot be loaded: tasks of its type fail', { type, error: describe(error) })
}

/** The module is loaded once; what failed to load fails again for each task of its type, and for no other. */
function load(declared: TaskType): Promise<Handler<TaskType>> {
  const loaded = handlers.get(declared) ?? importHandler(declared)
  handlers.set(declared, loaded)
  return loaded
}

async function importHandler({ handler }: TaskType): Promise<Handler<TaskType>> {
  const file = new URL(`./handlers/${basename(handler, '.ts')}.mjs`, import.meta.url)
  return handlerIn(await import(file.href), handler)
}
