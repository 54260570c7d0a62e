import type { Variables, workerEnvironment } from '../services/contract/environment.ts'
import type { TaskLogLine } from '../services/contract/log.ts'
import type { tracingEnvironment } from '../services/contract/tracing.ts'
import type { tasksEnvironment } from '../services/tasks/environment.ts'
import { type LogRecord, type ServiceOptions, type ServiceProcess, startService } from './service-process.ts'
import type { WorkQueue } from './work-queue.ts'

/** How a worker of a local run is set. */
export interface WorkerSettings {
  readonly name: string
  readonly ack: 'auto' | 'manual'
  readonly prefetch: '1' | '0'
  /** How much longer than its `ms` a sleep task takes. */
  readonly sleepFactor: number
  /** All in one thread. @default 1 */
  readonly slots?: number
  /** More variables of the handlers. */
  readonly env?: Readonly<Record<string, string>>
}

/** So long a worker that is to end goes on with what it runs. */
export const localDrainSeconds = 20

/** A worker as a process, from the bundle that its image has. */
export interface WorkerProcess extends ServiceProcess {
  /** Resolves with the time, in milliseconds since 1970, when its first slot consumes. */
  readonly consuming: Promise<number>
}

/**
 * Starts a worker.
 * @param bundle folder with main.mjs
 * @param onLine takes its log line for each try of a task
 * @param onRecord takes every other line
 * @param start what starts it, where that is not as usual
 */
export function startWorker(
  bundle: string,
  queue: WorkQueue,
  { name, ack, prefetch, sleepFactor, slots = 1, env = {} }: WorkerSettings,
  onLine: (line: TaskLogLine) => void,
  onRecord: (record: LogRecord) => void = () => undefined,
  start: (options: ServiceOptions) => ServiceProcess = startService,
): WorkerProcess {
  const { promise: consuming, resolve, reject } = Promise.withResolvers<number>()
  const service = start({
    command: [`${bundle}/main.mjs`],
    variables: {
      ...queue.variables('worker'),
      WORKER_CLASS: name,
      WORKER_SLOTS: String(slots),
      WORKER_SLOTS_PER_THREAD: String(slots),
      WORKER_ACK: ack,
      WORKER_PREFETCH: prefetch,
      DRAIN_SECONDS: String(localDrainSeconds),
      SLEEP_FACTOR: String(sleepFactor),
      // says what runs
      LOG_LEVEL: 'debug',
      OTEL_SERVICE_NAME: 'local-worker',
      ...env,
    } satisfies Variables<typeof workerEnvironment> &
      Variables<typeof tasksEnvironment> &
      Variables<typeof tracingEnvironment>,
    onRecord(record) {
      if (record.msg === 'task') return onLine(record as unknown as TaskLogLine)
      if (record.msg === 'consuming') resolve(Date.now())
      onRecord(record)
    },
  })
  void service.ended.then((how) => reject(new Error(`the ${name} worker ended before it consumed: ${how}`)))
  consuming.catch(() => undefined)
  return { ...service, consuming }
}
