import { brokerCredentials } from '../contract/credentials.ts'
import { parseEnvironment, probeEnvironment } from '../contract/environment.ts'
import { ManagementError } from '../contract/management.ts'
import { createEmitter } from '../telemetry/emit.ts'
import { createLogger } from '../telemetry/logger.ts'
import { type QueueFigures, readQueue } from './figures.ts'
import { queueMetrics, wakeUps } from './metrics.ts'
import { lookForAMinute, messageOf } from './minute.ts'

/** Composition root of the queue probe, a function that runs every minute. */
const env = parseEnvironment(probeEnvironment, process.env)
const credentials = brokerCredentials(env)
const emit = createEmitter(env.METRICS_NAMESPACE)
const log = createLogger(env.LOG_LEVEL)

export const handler = () =>
  lookForAMinute(env.PROBE_SECONDS, report, (error) => log.error('look failed', { reason: messageOf(error) }))

async function report(): Promise<void> {
  const figures = await look().catch((error: unknown) => {
    // the secret may have been rotated since it was read
    const refused = error instanceof ManagementError && error.status === 401
    if (refused && credentials.forget()) return look()
    throw error
  })
  const dimensions = { Queue: env.QUEUE_NAME }
  emit(dimensions, queueMetrics(figures))
  for (const [WorkerClass, WakeUp] of wakeUps(figures, env.WAKE_UP))
    emit({ ...dimensions, WorkerClass }, { WakeUp })
}

async function look(): Promise<QueueFigures> {
  const broker = { url: env.BROKER_MANAGEMENT_URL, ...(await credentials.read()) }
  return readQueue(broker, env.BROKER_VHOST, env.QUEUE_NAME)
}
