import { brokerCredentials } from '../amqp/credentials.ts'
import { parseEnvironment, probeEnvironment } from '../contract/environment.ts'
import { createEmitter } from '../telemetry/emit.ts'
import { createLogger } from '../telemetry/logger.ts'
import { readQueue } from './figures.ts'
import { queueMetrics, wakeUps } from './metrics.ts'
import { lookForAMinute, messageOf } from './minute.ts'

/** Composition root of the queue probe, a function that runs every minute. */
const env = parseEnvironment(probeEnvironment, process.env)
const log = createLogger(env.LOG_LEVEL)
const credentials = brokerCredentials(env, log)
const emit = createEmitter(env.METRICS_NAMESPACE)

export const handler = () =>
  lookForAMinute(env.PROBE_SECONDS, report, (error) => log.error('look failed', { reason: messageOf(error) }))

async function report(): Promise<void> {
  const figures = await credentials.use((user) =>
    readQueue({ url: env.BROKER_MANAGEMENT_URL, ...user }, env.BROKER_VHOST, env.QUEUE_NAME),
  )
  const dimensions = { Queue: env.QUEUE_NAME }
  emit(dimensions, queueMetrics(figures))
  for (const [WorkerClass, WakeUp] of wakeUps(figures, env.WAKE_UP))
    emit({ ...dimensions, WorkerClass }, { WakeUp })
}
