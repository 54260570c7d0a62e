import { randomBytes } from 'node:crypto'
import type * as z from 'zod'
import { openWorkerTracing } from '#tracing/worker'
import { brokerAccess } from '../amqp/connection.ts'
import { channelOf } from '../contract/channels.ts'
import type { workerEnvironment } from '../contract/environment.ts'
import type { Logger } from '../contract/log.ts'
import { flushSeconds } from '../contract/metrics.ts'
import type { Placing } from '../contract/placement.ts'
import { Tenants } from '../contract/tenants.ts'
import { taskTypes } from '../tasks/registry.ts'
import { createEmitter } from '../telemetry/emit.ts'
import { createLogger } from '../telemetry/logger.ts'
import type { ThreadSpan } from '../tracing/port.ts'
import { Cancelled } from './cancelled.ts'
import { Control } from './control.ts'
import { isDebugged } from './debugged.ts'
import { severity } from './delivery.ts'
import { Intake } from './intake.ts'
import { lastingTries } from './lasting-tries.ts'
import { Lines } from './lines.ts'
import { WorkerMetrics } from './metrics.ts'
import { TaskProtection } from './protection.ts'
import type { Blocked, SaidProgress } from './protocol.ts'
import { Quarantine, quarantineFrom } from './quarantine-host.ts'
import type { Records } from './records.ts'
import { Runner } from './runner.ts'
import { Sender } from './sender.ts'
import { SharedChannel } from './shared-channel.ts'
import { Slot, type TryEvents } from './slot.ts'
import { threadHeapMb } from './thread-host.ts'
import { Threads } from './threads.ts'
import { Worker } from './worker.ts'

export type WorkerVariables = Readonly<z.output<typeof workerEnvironment>>

/** What a ledger's side of the worker is made of. */
export interface LedgerParts {
  readonly sender: Sender
  readonly placing: Placing
  readonly log: Logger
  /** The end of a try could not be written at once. */
  readonly held: () => void
}

/** A worker's way to a ledger. */
export interface WorkerRecords {
  readonly records: Records
  /** Since when it has not answered, in milliseconds since 1970; undefined while it does. */
  readonly awaySince: () => number | undefined
  /** Resolves when nothing more is on its way there. */
  readonly settled: () => Promise<void>
}
export type OpenRecords = (parts: LedgerParts) => WorkerRecords

/** A worker's parts, put together. Nothing of it runs yet. */
export type Assembled = ReturnType<typeof assemble>

export function assemble(environment: WorkerVariables, openRecords?: OpenRecords) {
  const lines = new Lines((text) => process.stdout.write(text))
  const write = (line: string) => lines.now(line)
  const log = createLogger(environment.LOG_LEVEL, write)
  const doneLog = createLogger(environment.LOG_LEVEL, (line) => lines.soon(line))
  const place = { class: environment.WORKER_CLASS, worker: randomBytes(4).toString('hex') }
  const name = `${place.class}.${place.worker}`
  const { QUEUE_NAME: queue, DEFAULT_QUEUE: defaultQueue = queue } = environment
  const types = new Map(taskTypes.map((declared) => [declared.type, declared]))
  const metrics = createMetrics(environment, types.keys())
  const intake = new Intake()
  const cancelled: Cancelled = new Cancelled(() => {
    for (const slot of slots) slot.endCancelled()
  })
  const timeLimits = !isDebugged()
  const who = { workerClass: place.class, worker: place.worker }
  const tracing = openWorkerTracing(process.env, { ...who, queue, brokerUrl: environment.BROKER_URL }, log)
  const agentUri = environment.ECS_AGENT_URI
  const protection = agentUri ? new TaskProtection({ agentUri, types, intake, log }) : undefined
  const access = brokerAccess(environment, log)
  const sender = new Sender({
    access,
    name: `${name} sends`,
    log,
    refused: (error) => worker.endRefused(error),
  })
  const placing = { types, defaultQueue, tenants: new Tenants() }
  const ledger = openRecords?.({ sender, placing, log, held: () => metrics?.heldByLedger() })
  const progress = ledger && (({ progressOf, ...said }: SaidProgress) => runners[progressOf]?.progress(said))
  const blocked = ({ blockedMs, types }: Blocked) => {
    log.warn('a handler blocked the thread that others share', { blockedMs, types })
    metrics?.blocked()
  }
  const slotsPerThread = environment.WORKER_SLOTS_PER_THREAD
  const heapMb = threadHeapMb(Math.ceil(environment.WORKER_SLOTS / slotsPerThread))
  const spans = (ended: readonly ThreadSpan[]) => tracing?.fromThread(ended)
  const settings = { heapMb, logLevel: environment.LOG_LEVEL, write, blocked, progress, spans }
  const threads = new Threads(slotsPerThread, {
    ...settings,
    unstoppable: (...stuck) => void endAtOnce(...stuck),
  })
  const quarantine = new Quarantine({ ...settings, slotsPerThread })
  // a single slot's task takes nobody along
  const handlers = (failures: number) =>
    environment.WORKER_SLOTS > 1 && failures >= quarantineFrom ? quarantine : threads
  const runners = Array.from({ length: environment.WORKER_SLOTS }, (_, slot) => {
    const ready = threads.ready(slot)
    return new Runner({
      ...{ ...placing, slot, handlers, sender, queue, ready, timeLimits },
      records: ledger?.records,
    })
  })
  const events = tryEvents({ environment, log, doneLog, metrics, protection })
  const channels = channelsOf(environment)
  const slots: readonly Slot[] = runners.map(
    (runner, slot) =>
      new Slot({
        place: { ...place, slot },
        queue,
        channel: channels(slot),
        noAck: environment.WORKER_ACK === 'auto',
        ...{ runner, intake, cancelled, tracing, log, events },
      }),
  )
  const control = new Control({ queue, intake, cancelled, log })
  const worker: Worker = new Worker({
    ...{ access, name, slots, control, log },
    drainSeconds: environment.DRAIN_SECONDS,
  })

  /** The last resort: `process.exit` waits for threads too. */
  async function endAtOnce(...stuck: Parameters<Worker['giveUp']>): Promise<void> {
    await worker.giveUp(...stuck)
    metrics?.flush()
    process.kill(process.pid, 'SIGKILL')
  }

  return { place, log, worker, sender, threads, quarantine, metrics, heapMb, ledger, tracing, timeLimits }
}

/** The channel that each slot consumes on. Without fair dispatch each has its own, whose end hands back what it holds. */
function channelsOf(environment: WorkerVariables): (slot: number) => SharedChannel {
  const { WORKER_PREFETCH: prefetch, WORKER_ACK, WORKER_SLOTS_PER_THREAD: slotsPerThread } = environment
  const isShared = slotsPerThread > 1 && prefetch === 1 && WORKER_ACK !== 'auto'
  const channels = new Map<number, SharedChannel>()
  return (slot) => {
    const index = isShared ? channelOf(slot, slotsPerThread) : slot
    const channel = channels.get(index) ?? new SharedChannel(isShared, prefetch)
    channels.set(index, channel)
    return channel
  }
}

interface Watchers {
  readonly environment: WorkerVariables
  readonly log: Logger
  /** For lines that can wait. */
  readonly doneLog: Logger
  readonly metrics: WorkerMetrics | undefined
  readonly protection: TaskProtection | undefined
}

function tryEvents({ environment, log, doneLog, metrics, protection }: Watchers): TryEvents {
  // they write at that level only
  const lasting = environment.LOG_LEVEL === 'debug' ? lastingTries(log) : undefined
  return {
    began(slot, deliveryCount, type) {
      metrics?.began(slot, deliveryCount)
      lasting?.began(slot, deliveryCount, type)
      protection?.began(slot, deliveryCount, type)
    },
    ended(facts) {
      protection?.ended(facts)
      lasting?.ended(facts)
      metrics?.ended(facts)
      if (facts.outcome === 'done' && Math.random() >= environment.TASK_LOG_SAMPLE) return
      const from = facts.outcome === 'done' ? doneLog : log
      from[severity(facts.outcome)]('task', facts)
    },
  }
}

function createMetrics(
  { METRICS_NAMESPACE, METRICS_SECONDS, QUEUE_NAME, WORKER_CLASS, WORKER_SLOTS }: WorkerVariables,
  types: Iterable<string>,
): WorkerMetrics | undefined {
  if (METRICS_NAMESPACE === undefined) return undefined
  return new WorkerMetrics({
    emit: createEmitter(METRICS_NAMESPACE),
    queue: QUEUE_NAME,
    workerClass: WORKER_CLASS,
    slots: WORKER_SLOTS,
    seconds: METRICS_SECONDS ?? flushSeconds.worker,
    types,
  })
}
