import { resolve } from 'node:path'
import type { ConsumeMessage } from 'amqplib'
import type * as z from 'zod'
import { decodeEnvelope, encodeTask } from '../../services/contract/task.ts'
import type { Handler, TaskType } from '../../services/contract/task-type.ts'
import { Tenants } from '../../services/contract/tenants.ts'
import { taskTypes } from '../../services/tasks/registry.ts'
import { createLogger } from '../../services/telemetry/logger.ts'
import { handlerIn } from '../../services/worker/attempt.ts'
import { isDebugged } from '../../services/worker/debugged.ts'
import { Runner } from '../../services/worker/runner.ts'
import { InProcess } from './in-process.ts'
import { type TryResult, TrySeen } from './try-result.ts'

/** What a try may be given, where a worker has it from the message. */
export interface RunTaskOptions<Type extends TaskType> {
  /** @default `task-1` */
  readonly id?: string
  /** Failures before this try. @default 0 */
  readonly deliveryCount?: number
  /** For whom the task is done: the tasks that it sends inherit it. */
  readonly tenant?: string
  /** How long the try may take, in seconds; fractions are allowed. @default as the type declares */
  readonly timeoutSeconds?: number
  /** When it fires, the handler's signal does, with the same reason: the worker shuts down. */
  readonly signal?: AbortSignal
  /** What runs, where that is not the module that the type declares. */
  readonly handler?: Handler<Type>
}

const tasks = resolve(import.meta.dirname, '../../services/tasks')
/** Where nothing else is said, an environment's queue is called something. */
const defaultQueue = 'tasks'

/**
 * One try of a task, with the worker's own code and without a broker: the payload goes through JSON and its schema, the
 * time limit runs, and what the handler sends is collected. Never rejects because of what the handler does. It runs in
 * the caller's process, so mocks and breakpoints hold there; docs/testing-tasks.md says what else that means.
 * @throws TypeError when the payload is not JSON
 */
export async function runTask<Type extends TaskType>(
  declared: Type,
  payload: z.input<Type['payload']>,
  options: RunTaskOptions<Type> = {},
): Promise<TryResult> {
  const { id = 'task-1', deliveryCount = 0, tenant, signal } = options
  const { timeoutSeconds = declared.timeoutSeconds, handler } = options
  const types = new Map([...taskTypes, { ...declared, timeoutSeconds }].map((type) => [type.type, type]))
  const seen = new TrySeen()
  const load = async () =>
    seen.watch((handler as Handler<TaskType> | undefined) ?? (await importHandler(declared)))
  const handlers = new InProcess({ types, load, log: createLogger('debug', seen.line) })
  const runner = new Runner({
    ...{ slot: 0, types, defaultQueue, queue: declared.queue ?? defaultQueue, tenants: new Tenants() },
    ready: Promise.resolve(),
    handlers: () => handlers,
    timeLimits: !isDebugged(),
    sender: { publish: async () => undefined },
  })
  const message = asMessage(encodeTask({ id, type: declared.type, payload, queuedAt: Date.now(), tenant }))
  const running = runner.run(decodeEnvelope(message.properties), message, deliveryCount)
  const shutDown = () =>
    runner.stop({ outcome: 'handed-back', reason: signal?.reason?.message ?? 'the worker is shutting down' })
  if (signal?.aborted) shutDown()
  signal?.addEventListener('abort', shutDown)
  const ending = await running
  signal?.removeEventListener('abort', shutDown)
  return seen.result(ending, handlers.reply)
}

async function importHandler({ handler }: TaskType): Promise<Handler<TaskType>> {
  return handlerIn(await import(resolve(tasks, handler)), handler)
}

/** As the broker delivers it: a try looks at body and properties only. */
const asMessage = (encoded: object) => encoded as ConsumeMessage
