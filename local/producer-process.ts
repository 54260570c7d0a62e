import { createClient } from '../client/src/client.ts'
import type { Depth } from '../client/src/task.ts'
import type { producerEnvironment, Variables } from '../services/contract/environment.ts'
import type { tracingEnvironment } from '../services/contract/tracing.ts'
import { beside, type LogRecord, type ServiceProcess, startService } from './service-process.ts'
import type { WorkQueue } from './work-queue.ts'

/** The producer's Lambda handler behind a local HTTP server, as a process. */
export interface ProducerProcess extends ServiceProcess {
  /** Resolves with `http://127.0.0.1:port` when it listens. */
  readonly endpoint: Promise<string>
}

/**
 * Starts the producer.
 * @param bundle folder with index.mjs
 * @param port 0 for any that is free; undefined for 8080 or the next free one
 * @param moreQueues the queues beside this one that its task types may name
 */
export function startProducer(
  bundle: string,
  queue: Pick<WorkQueue, 'variables'>,
  port: number | undefined,
  onRecord: (record: LogRecord) => void = () => undefined,
  moreQueues: readonly string[] = [],
): ProducerProcess {
  const { promise: endpoint, resolve, reject } = Promise.withResolvers<string>()
  const service = startService({
    command: [
      beside('producer-main.ts'),
      `${bundle}/index.mjs`,
      ...(port === undefined ? [] : [String(port)]),
    ],
    variables: {
      ...queue.variables('producer'),
      MORE_QUEUES: JSON.stringify(moreQueues),
      OTEL_SERVICE_NAME: 'local-producer',
    } satisfies Variables<typeof producerEnvironment> & Variables<typeof tracingEnvironment>,
    onRecord(record) {
      if (record.msg === 'listening') resolve(String(record['endpoint']))
      onRecord(record)
    },
  })
  void service.ended.then((how) => reject(new Error(`the producer ended before it listened: ${how}`)))
  endpoint.catch(() => undefined)
  return { ...service, endpoint }
}

/**
 * Ready tasks and consumers, as the broker says by passive declare.
 * @param queue the one of several that is meant; undefined for all together
 */
export async function askQueueDepth(
  endpoint: string,
  signal: AbortSignal,
  queue?: string,
): Promise<Pick<Depth, 'ready' | 'consumers'>> {
  const depth = await createClient({ endpoint }).depth({ signal })
  return (queue === undefined ? undefined : depth.queues?.[queue]) ?? depth
}
