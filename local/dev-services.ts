import { isDeepStrictEqual } from 'node:util'
import { orAborted } from '../ops/command-line/lifecycle.ts'
import type { Broker } from './broker/broker.ts'
import { buildBundles } from './bundles.ts'
import { startLedger } from './ledger-process.ts'
import { createLogPrinter } from './log-printer.ts'
import type { ScheduleTimes } from './page/frame.ts'
import { type ProducerProcess, startProducer } from './producer-process.ts'
import { startScheduler } from './scheduler-process.ts'
import { type ServedQueue, serveQueue } from './served-queue.ts'
import type { LogRecord, ServiceProcess } from './service-process.ts'
import { createTaskPrinter } from './task-printer.ts'
import { createWorkQueue, defaultQueue, type WorkQueue } from './work-queue.ts'

/** Producer, workers, and what sends scheduled tasks, each a process. */
export interface Services {
  readonly endpoint: string
  /** By name, the default one first. A queue that no task type names any more stays, with its workers. */
  readonly queues: ReadonlyMap<string, ServedQueue>
  /** When each schedule sends its next task. */
  nextTimes(): readonly ScheduleTimes[]
  /** Rebuilds, and replaces what has changed, as soon as possible: workers that leave finish their tasks beside the new ones. */
  reload(): Promise<void>
}

export interface ServicesOptions {
  /** Of the producer. @default 8080 or the next free one */
  readonly port?: number | undefined
  /** Where a debugger attaches to the handlers of the default queue; those of each further queue at the next one. */
  readonly inspectPort?: number | undefined
  /** Whether it keeps a ledger, in a DynamoDB of its own that ends with it. */
  readonly keepsLedger: boolean
}

/**
 * Starts a producer, schedules, and workers for each queue that task types name, and prints what they do.
 * @param stack ends what was started
 */
export async function startServices(
  broker: Omit<Broker, 'stop'>,
  { port, inspectPort, keepsLedger }: ServicesOptions,
  stack: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<Services> {
  let builds = 0
  const readable = inspectPort !== undefined
  const ledger = keepsLedger ? await orAborted(startLedger(), signal) : undefined
  stack.defer(() => ledger?.stop())
  const build = (build: number) => buildBundles({ build, readable, ledger: keepsLedger })
  let bundles = await orAborted(build(builds), signal)
  const tasks = createTaskPrinter()
  const logs = createLogPrinter()
  const queues = new Map<string, ServedQueue>()
  let producer: ProducerProcess | undefined
  /** The code that it runs. */
  let served: string | undefined
  let scheduler: ServiceProcess | undefined
  stack.defer(async () => {
    const served = [...queues.values()]
    await Promise.all([producer, scheduler, ...served].map((each) => each?.stop()))
    tasks.stop()
    logs.stop()
  })
  const serve = (queue: WorkQueue) => {
    const label = (name: string) => (queue.name === defaultQueue ? name : `${queue.name} ${name}`)
    const ownPort = inspectPort === undefined ? undefined : inspectPort + queues.size
    queues.set(queue.name, serveQueue(queue, bundles.worker, label, { ...logs, task: tasks.print }, ownPort))
  }
  const others = () => {
    const names = new Set([...queues.keys(), ...bundles.types.map(({ queue }) => queue)])
    return [...names].filter((name) => name !== defaultQueue)
  }
  // the types of the build: those that this process has imported are as old as itself
  const optionsOf = (name: string) => ({
    types: bundles.types,
    ledger: ledger?.variables,
    ...(name === defaultQueue ? { moreQueues: others() } : { home: defaultQueue }),
  })
  const main = await createWorkQueue(broker, defaultQueue, optionsOf(defaultQueue))
  serve(main)
  const addQueues = async () => {
    for (const name of others())
      if (!queues.has(name)) serve(await createWorkQueue(broker, name, optionsOf(name)))
  }
  // as in a deployment, the producer comes last: no task is published that no worker knows
  const produce = (port: number | undefined) => {
    const bundle = bundles.lambda('producer')
    const record = (line: LogRecord) => logs.record(line, undefined, bundle)
    const started = startProducer(bundle, main, port, record, others())
    producer = started
    served = bundles.producerDigest
    return started.endpoint
  }
  await addQueues()
  const endpoint = await orAborted(produce(port), signal)
  const scheduled = new Map<string, ScheduleTimes>()
  const schedule = () => {
    scheduled.clear()
    scheduler = startScheduler(endpoint, (times) => scheduled.set(times.schedule, times), logs.record)
  }
  schedule()
  const restartProducer = async () => {
    await producer?.stop()
    await produce(Number(new URL(endpoint).port))
  }
  return {
    endpoint,
    queues,
    nextTimes: () => [...scheduled.values()],
    async reload() {
      builds += 1
      const before = bundles
      bundles = await build(builds)
      const old = [...queues.values()]
      if (!isDeepStrictEqual(before.types, bundles.types)) {
        for (const { queue } of old) await queue.allow(optionsOf(queue.name))
        await addQueues()
      }
      await Promise.all([
        ...old.map(({ crew }) => crew.replace(bundles.worker)),
        // most changes are a handler's: the producer serves on
        ...(bundles.producerDigest === served ? [] : [restartProducer()]),
        scheduler?.stop(),
      ])
      schedule()
    },
  }
}
