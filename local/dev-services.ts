import { orAborted } from '../ops/command-line/lifecycle.ts'
import type { TaskLogLine } from '../services/contract/log.ts'
import type { Broker } from './broker/broker.ts'
import { buildBundles } from './bundles.ts'
import { type ProducerProcess, startProducer } from './producer-process.ts'
import { type ServedQueue, serveQueue } from './served-queue.ts'
import type { LogRecord } from './service-process.ts'
import { createWorkQueue, type WorkQueue } from './work-queue.ts'

/** The queue of task types that name none. */
export const defaultQueue = 'tasks'

/** Producer and workers, each a process. */
export interface Services {
  readonly endpoint: string
  /** By name, the default one first. A queue that no task type names any more stays, with its workers. */
  readonly queues: ReadonlyMap<string, ServedQueue>
  /** Rebuilds, and replaces what runs: the workers finish their tasks first. */
  reload(): Promise<void>
}

/**
 * Starts a producer, and workers for each queue that task types name, and prints what they do.
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
  const printer = taskPrinter()
  const queues = new Map<string, ServedQueue>()
  let producer: ProducerProcess | undefined
  stack.defer(async () => {
    await Promise.all([producer?.stop(), ...[...queues.values()].map((served) => served.stop())])
    printer.stop()
  })
  const serve = (queue: WorkQueue) => {
    const label = (name: string) => (queue.name === defaultQueue ? name : `${queue.name} ${name}`)
    queues.set(queue.name, serveQueue(queue, bundles.worker, label, { task: printer.print, record: say }))
  }
  const others = () => [...queues.keys()].filter((name) => name !== defaultQueue)
  const main = await createWorkQueue(broker, defaultQueue)
  serve(main)
  const addQueues = async () => {
    const added = bundles.queues.filter((name) => !queues.has(name))
    for (const name of added) serve(await createWorkQueue(broker, name, undefined))
    if (added.length > 0) await main.publishTo(others())
  }
  // as in a deployment, the producer comes last: no task is published that no worker knows
  const produce = (port: number | undefined) => {
    const started = startProducer(bundles.lambda('producer'), main, port, say, others())
    producer = started
    return started.endpoint
  }
  await addQueues()
  const endpoint = await orAborted(produce(port), signal)
  return {
    endpoint,
    queues,
    async reload() {
      builds += 1
      bundles = await buildBundles(builds)
      const before = [...queues.values()]
      await addQueues()
      await producer?.stop()
      await Promise.all([
        produce(Number(new URL(endpoint).port)),
        ...before.map(({ crew }) => crew.replace(bundles.worker)),
      ])
    },
  }
}

/** A terminal that scrolls faster than this says nothing, and takes time from the workers. */
const linesPerSecond = 50

/** Prints a line for each task; of those that were done no more than can be read, and how many the others were. */
function taskPrinter(): { print(line: TaskLogLine, by: string): void; stop(): void } {
  let printed = 0
  let others = 0
  const timer = setInterval(() => {
    if (others > 0) console.log(`... and ${others} more done in this second`)
    printed = others = 0
  }, 1_000)
  return {
    print(line, by) {
      if (line.outcome === 'done' && printed >= linesPerSecond) {
        others += 1
        return
      }
      printed += 1
      console.log(described(line, by))
    },
    stop: () => clearInterval(timer),
  }
}

function described(
  { time, id, type, durationMs, deliveryCount, outcome, reason }: TaskLogLine,
  by: string,
): string {
  const retry = deliveryCount > 0 ? `, after ${deliveryCount} failures` : ''
  const why = reason === undefined ? '' : `: ${reason}`
  return `${time.slice(11, 19)} ${by} ${type} ${id} ${durationMs} ms ${outcome}${retry}${why}`
}

/** What else the services write, where it matters. */
function say({ msg, ...record }: LogRecord): void {
  if (record['level'] !== 'warn' && record['level'] !== 'error') return
  const { time, level, ...fields } = record
  console.log(`${String(time).slice(11, 19)} ${level}: ${msg} ${JSON.stringify(fields)}`)
}
