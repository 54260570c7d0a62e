import type { producerEnvironment, Variables } from '../services/contract/environment.ts'
import type { tracingEnvironment } from '../services/contract/tracing.ts'
import { beside, type LogRecord, type ServiceProcess, startService } from './service-process.ts'
import type { WorkQueue } from './work-queue.ts'

/** A task as a client of the producer sends it. */
export interface NewTask {
  readonly id: string
  readonly type: string
  readonly payload: unknown
  readonly priority?: number | undefined
  readonly tenant?: string | undefined
  readonly delaySeconds?: number | undefined
}

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
 * Sends tasks over HTTP, as any client does.
 * @throws an Error with the producer's answer unless every task was accepted, which means confirmed by the broker
 */
export async function postTasks(
  endpoint: string,
  tasks: readonly NewTask[],
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch(`${endpoint}/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tasks }),
    signal,
  })
  const text = await response.text()
  if (response.status !== 202)
    throw new Error(`the producer answered ${response.status}: ${text.slice(0, 500)}`)
}

/** Ready tasks and consumers. */
interface Depth {
  readonly ready: number
  readonly consumers: number
}

/**
 * What the broker says of a queue, by passive declare.
 * @param queue the one of several that is meant; undefined for all together
 */
export async function askQueueDepth(endpoint: string, signal: AbortSignal, queue?: string): Promise<Depth> {
  const response = await fetch(`${endpoint}/queue`, { signal })
  if (!response.ok) throw new Error(`the producer answered ${response.status}: ${await response.text()}`)
  const answer = (await response.json()) as Depth & { readonly queues?: Readonly<Record<string, Depth>> }
  return (queue === undefined ? undefined : answer.queues?.[queue]) ?? answer
}
