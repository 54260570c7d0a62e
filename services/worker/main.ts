import { randomBytes } from 'node:crypto'
import { openWorkerTracing } from '#tracing/worker'
import { brokerAccess } from '../amqp/connection.ts'
import { EnvironmentError, parseEnvironment, workerEnvironment } from '../contract/environment.ts'
import { flushSeconds } from '../contract/metrics.ts'
import { publishes } from '../contract/publishing.ts'
import { Tenants } from '../contract/tenants.ts'
import { tasksEnvironment } from '../tasks/environment.ts'
import { taskTypes } from '../tasks/registry.ts'
import { createEmitter } from '../telemetry/emit.ts'
import { createLogger } from '../telemetry/logger.ts'
import type { ThreadSpan } from '../tracing/port.ts'
import { Cancelled } from './cancelled.ts'
import { Control } from './control.ts'
import { isDebugged } from './debugged.ts'
import { severity } from './delivery.ts'
import { serveHealth } from './health.ts'
import { Intake } from './intake.ts'
import { lastingTries } from './lasting-tries.ts'
import { Lines } from './lines.ts'
import { WorkerMetrics } from './metrics.ts'
import { TaskProtection } from './protection.ts'
import type { Blocked } from './protocol.ts'
import { Quarantine, quarantineFrom } from './quarantine-host.ts'
import { Runner } from './runner.ts'
import { Sender } from './sender.ts'
import { Slot, type TryEvents } from './slot.ts'
import { threadHeapMb } from './thread-host.ts'
import { Threads } from './threads.ts'
import { Worker } from './worker.ts'

/** The worker process: its environment read, its parts put together, its signals and exit code. */

const environment = readEnvironment()
// each thread adds a listener, and Node warns of the eleventh
for (const output of [process.stdout, process.stderr]) output.setMaxListeners(0)
const lines = new Lines((text) => process.stdout.write(text))
const write = (line: string) => lines.now(line)
const log = createLogger(environment.LOG_LEVEL, write)
const doneLog = createLogger(environment.LOG_LEVEL, (line) => lines.soon(line))
const place = { class: environment.WORKER_CLASS, worker: randomBytes(4).toString('hex') }
const slotsPerThread = environment.WORKER_SLOTS_PER_THREAD
const heapMb = threadHeapMb(Math.ceil(environment.WORKER_SLOTS / slotsPerThread))

const { DEFAULT_QUEUE: defaultQueue = environment.QUEUE_NAME } = environment
const types = new Map(taskTypes.map((declared) => [declared.type, declared]))
const metrics = createMetrics()
// they write at that level only
const lasting = environment.LOG_LEVEL === 'debug' ? lastingTries(log) : undefined
const intake = new Intake()
const timeLimits = !isDebugged()
const cancelled: Cancelled = new Cancelled(() => {
  for (const slot of slots) slot.endCancelled()
})
const tracing = openWorkerTracing(
  process.env,
  {
    ...{ queue: environment.QUEUE_NAME, brokerUrl: environment.BROKER_URL },
    ...{ workerClass: place.class, worker: place.worker },
  },
  log,
)
const agentUri = environment.ECS_AGENT_URI
const protection = agentUri ? new TaskProtection({ agentUri, types, intake, log }) : undefined

const events: TryEvents = {
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

const blocked = ({ blockedMs, types }: Blocked) => {
  log.warn('a handler blocked the thread that others share', { blockedMs, types })
  metrics?.blocked()
}
const spans = (ended: readonly ThreadSpan[]) => tracing?.fromThread(ended)
const settings = { heapMb, logLevel: environment.LOG_LEVEL, write, blocked, spans }
const threads = new Threads(slotsPerThread, {
  ...settings,
  unstoppable: (...stuck) => void endAtOnce(...stuck),
})
const quarantine = new Quarantine({ ...settings, slotsPerThread })
// a single slot's task takes nobody along
const handlers = (failures: number) =>
  environment.WORKER_SLOTS > 1 && failures >= quarantineFrom ? quarantine : threads
const access = brokerAccess(environment, log)
const name = `${place.class}.${place.worker}`
const sender = new Sender({
  access,
  name: `${name} sends`,
  log,
  refused: (error) => worker.endRefused(error),
})
const tenants = new Tenants()
const slots: readonly Slot[] = Array.from({ length: environment.WORKER_SLOTS }, (_, slot) => {
  return new Slot({
    place: { ...place, slot },
    queue: environment.QUEUE_NAME,
    prefetch: environment.WORKER_PREFETCH,
    noAck: environment.WORKER_ACK === 'auto',
    runner: new Runner({
      ...{ slot, types, defaultQueue, tenants, handlers, sender, queue: environment.QUEUE_NAME },
      ready: threads.ready(slot),
      timeLimits,
    }),
    intake,
    cancelled,
    tracing,
    log,
    events,
  })
})
const worker = new Worker({
  access,
  name,
  slots,
  control: new Control({ queue: environment.QUEUE_NAME, intake, cancelled, log }),
  drainSeconds: environment.DRAIN_SECONDS,
  log,
})

log.info('starting', {
  ...place,
  slots: slots.length,
  slotsPerThread,
  queue: environment.QUEUE_NAME,
  broker: environment.BROKER_URL,
  threadHeapMb: heapMb,
  node: process.version,
})
warnOfUnsafeModes()
if (environment.HEALTH_PORT > 0) serveHealth(environment.HEALTH_PORT, () => worker.state())
// whoever read the log is gone: without a listener that would end the process at once, and all that runs in it
for (const output of [process.stdout, process.stderr])
  output.on('error', (error) => worker.drain(`nobody reads the log: ${error.message}`))
let asked = false
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  // one listener for the first and the second: a signal that met none in between would end the process at once
  process.on(signal, () => {
    if (asked) worker.handBack()
    else worker.drain(signal)
    asked = true
  })
}
if (taskTypes.some(publishes)) void sender.open()
const exitCode = await worker.run()
await sender.close()
quarantine.close()
await threads.close()
await tracing?.close()
metrics?.flush()
log.info('stopped', { exitCode })
process.exit(exitCode)

/** The last resort: `process.exit` waits for threads too. */
async function endAtOnce(...stuck: Parameters<Worker['giveUp']>): Promise<void> {
  await worker.giveUp(...stuck)
  metrics?.flush()
  process.kill(process.pid, 'SIGKILL')
}

function readEnvironment() {
  try {
    return parseEnvironment(workerEnvironment.extend(tasksEnvironment.shape), process.env)
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error
    createLogger('error').error(error.message)
    process.exit(1)
  }
}

function createMetrics(): WorkerMetrics | undefined {
  const { METRICS_NAMESPACE, METRICS_SECONDS, QUEUE_NAME, WORKER_CLASS, WORKER_SLOTS } = environment
  if (METRICS_NAMESPACE === undefined) return undefined
  return new WorkerMetrics({
    emit: createEmitter(METRICS_NAMESPACE),
    queue: QUEUE_NAME,
    workerClass: WORKER_CLASS,
    slots: WORKER_SLOTS,
    seconds: METRICS_SECONDS ?? flushSeconds.worker,
    types: types.keys(),
  })
}

function warnOfUnsafeModes(): void {
  if (!timeLimits) log.warn('a debugger may attach: no try ends for taking long')
  if (environment.WORKER_ACK === 'auto') {
    log.warn('WORKER_ACK=auto: a worker that dies loses what it holds')
  }
  if (environment.WORKER_PREFETCH === 0) {
    log.warn('WORKER_PREFETCH=0: a worker takes more than it can do, and others stand idle')
  }
}
