import { orAborted } from '../ops/command-line/lifecycle.ts'
import type { Broker } from './broker/broker.ts'
import { buildBundles } from './bundles.ts'
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
  /** Rebuilds, and replaces what runs: the workers finish their tasks first. */
  reload(): Promise<void>
}

/**
 * Starts a producer, schedules, and workers for each queue that task types name, and prints what they do.
 * @param port of the producer; undefined for 8080 or the next free one
 * @param stack ends what was started
 */
export async function startServices(
  broker: Omit<Broker, 'stop'>,
  port: number | undefined,
  stack: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<Services> {
  let builds = 0
  let bundles = await orAborted(buildBundles(), signal)
  const printer = createTaskPrinter()
  const queues = new Map<string, ServedQueue>()
  let producer: ProducerProcess | undefined
  let scheduler: ServiceProcess | undefined
  stack.defer(async () => {
    const served = [...queues.values()]
    await Promise.all([producer, scheduler, ...served].map((each) => each?.stop()))
    printer.stop()
  })
  const serve = (queue: WorkQueue) => {
    const label = (name: string) => (queue.name === defaultQueue ? name : `${queue.name} ${name}`)
    queues.set(queue.name, serveQueue(queue, bundles.worker, label, { task: printer.print, record: say }))
  }
  const others = () => {
    const names = new Set([...queues.keys(), ...bundles.types.map(({ queue }) => queue)])
    return [...names].filter((name) => name !== defaultQueue)
  }
  // the types of the build: those that this process has imported are as old as itself
  const optionsOf = (name: string) => ({
    types: bundles.types,
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
    const started = startProducer(bundles.lambda('producer'), main, port, say, others())
    producer = started
    return started.endpoint
  }
  await addQueues()
  const endpoint = await orAborted(produce(port), signal)
  const scheduled = new Map<string, ScheduleTimes>()
  const schedule = () => {
    scheduled.clear()
    scheduler = startScheduler(endpoint, (times) => scheduled.set(times.schedule, times), say)
  }
  schedule()
  return {
    endpoint,
    queues,
    nextTimes: () => [...scheduled.values()],
    async reload() {
      builds += 1
      bundles = await buildBundles(builds)
      const before = [...queues.values()]
      for (const { queue } of queues.values()) await queue.allow(optionsOf(queue.name))
      await addQueues()
      await Promise.all([producer?.stop(), scheduler?.stop()])
      await Promise.all([
        produce(Number(new URL(endpoint).port)),
        ...before.map(({ crew }) => crew.replace(bundles.worker)),
      ])
      schedule()
    },
  }
}

/** What else the services write, where it matters. */
function say({ msg, ...record }: LogRecord): void {
  if (record['level'] !== 'warn' && record['level'] !== 'error') return
  const { time, level, ...fields } = record
  // the line of the task says so too: this one has the stack
  if (msg === 'handler threw' && !process.env['WARREN_DEBUG']) return
  console.log(`${String(time).slice(11, 19)} ${level}: ${msg} ${JSON.stringify(fields)}`)
}
