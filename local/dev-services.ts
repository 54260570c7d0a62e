import type { TaskLogLine } from '../services/contract/log.ts'
import { type BundlesFolder, buildBundles } from './bundles.ts'
import { orAborted } from './lifecycle.ts'
import { startProducer } from './producer-process.ts'
import type { LogRecord, ServiceProcess } from './service-process.ts'
import { openTaskLog } from './task-log.ts'
import type { WorkQueue } from './work-queue.ts'
import { startWorker } from './worker-process.ts'

const workers = [
  { name: 'slow', ack: 'manual', prefetch: '1', sleepFactor: 2 },
  { name: 'fast', ack: 'manual', prefetch: '1', sleepFactor: 1 },
] as const

/** Producer and workers, each a process. */
export interface Services {
  readonly endpoint: string
  /** Builds anew, and replaces what runs: the workers finish their tasks first. */
  reload(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts producer and workers, and prints a line for each task.
 * @param port of the producer; undefined for 8080 or the next free one
 */
export async function startServices(
  queue: WorkQueue,
  port: number | undefined,
  signal: AbortSignal,
): Promise<Services> {
  let builds = 0
  let bundles = await orAborted(buildBundles(), signal)
  let producer = startProducer(bundles.lambda('producer'), queue, port, say)
  const endpoint = await orAborted(producer.endpoint, signal)
  const log = openTaskLog()
  const take = (line: TaskLogLine) => {
    log.append(line)
    sayTask(line)
  }
  let current = startWorkers(bundles, queue, take)
  return {
    endpoint,
    async reload() {
      builds += 1
      bundles = await buildBundles(builds)
      await producer.stop()
      producer = startProducer(bundles.lambda('producer'), queue, Number(new URL(endpoint).port), say)
      const before = current
      current = startWorkers(bundles, queue, take)
      await Promise.all([producer.endpoint, ...before.map((worker) => worker.stop())])
    },
    async stop() {
      await Promise.all([producer, ...current].map((service) => service.stop()))
      log.close()
    },
  }
}

function startWorkers(bundles: BundlesFolder, queue: WorkQueue, take: (line: TaskLogLine) => void) {
  return workers.map((settings) =>
    reported(settings.name, startWorker(bundles.worker, queue, settings, take, say)),
  )
}

/** A worker that ends without being asked says why; it comes back with the next change. */
function reported<Service extends ServiceProcess>(name: string, service: Service): Service {
  let asked = false
  void service.ended.then((how) => {
    if (!asked) console.error(`the ${name} worker ended: ${how}`)
  })
  return {
    ...service,
    stop() {
      asked = true
      return service.stop()
    },
  }
}

function sayTask({
  time,
  class: name,
  id,
  type,
  durationMs,
  deliveryCount,
  outcome,
  reason,
}: TaskLogLine): void {
  const retry = deliveryCount > 0 ? `, after ${deliveryCount} failures` : ''
  const why = reason === undefined ? '' : `: ${reason}`
  console.log(`${time.slice(11, 19)} ${name} ${type} ${id} ${durationMs} ms ${outcome}${retry}${why}`)
}

/** What else the services write, where it matters. */
function say({ msg, ...record }: LogRecord): void {
  if (record['level'] !== 'warn' && record['level'] !== 'error') return
  const { time, level, ...fields } = record
  console.log(`${String(time).slice(11, 19)} ${level}: ${msg} ${JSON.stringify(fields)}`)
}
