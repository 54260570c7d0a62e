import { randomBytes } from 'node:crypto'
import { afterAll, inject } from 'vitest'
import type * as z from 'zod'
import { createClient } from '../../client/src/client.ts'
import type { SendOptions, TaskType } from '../../services/contract/task-type.ts'
import type { Broker } from '../broker/broker.ts'
import { ensureBroker } from '../broker/start.ts'
import { ownVhost } from '../broker/user-vhost.ts'
import { type Built, buildBundles, removeBundles } from '../bundles.ts'
import { startProducer } from '../producer-process.ts'
import { createWorkQueue, defaultQueue } from '../work-queue.ts'
import { startWorker, type WorkerProcess } from '../worker-process.ts'
import { type EndedTask, EndedTasks } from './ended-tasks.ts'

/** A whole system for one test: a broker's vhost of its own, the producer, and a worker of one slot for each queue. */
export interface TestSystem {
  /**
   * Sends a task over HTTP, as any client does.
   * @returns its id
   * @throws Error with the producer's answer where it refuses the task
   */
  send<Type extends TaskType>(
    declared: Type,
    payload: z.input<Type['payload']>,
    options?: SendOptions,
  ): Promise<string>
  /**
   * Waits until a task is done, cancelled, or a dead letter, whoever has sent it.
   * @param seconds after which it throws. @default 20
   */
  ended(id: string, seconds?: number): Promise<EndedTask>
  /** Ends the workers at once, whatever they are at, and starts others. */
  killWorkers(): Promise<void>
}

export interface TestSystemOptions {
  /** Variables of the handlers. */
  readonly env?: Readonly<Record<string, string>>
}

/** What the tests of a file have in common: it is there from the first test that needs it to the end of the file. */
let shared: Promise<{ readonly broker: Omit<Broker, 'stop'>; readonly bundles: Built }> | undefined
const atEnd = new AsyncDisposableStack()
/** Of tests that vitest has given up. */
const running = new Set<AsyncDisposableStack>()
afterAll(async () => {
  for (const stack of running) await stack.disposeAsync()
  await atEnd.disposeAsync()
})

/**
 * Runs a test's body on the real thing: RabbitMQ, the producer and workers, from this checkout's code and registry.
 * All of it ends with the body, however that ends, and with this process at the latest. Failed tasks come back at
 * once, 10 times. To be imported at the top of a vitest file. The broker is that of the project, where it has one.
 */
export async function withBroker<Result>(
  body: (system: TestSystem) => Promise<Result>,
  { env = {} }: TestSystemOptions = {},
): Promise<Result> {
  shared ??= share()
  const { broker, bundles } = await shared
  await using stack = new AsyncDisposableStack()
  running.add(stack)
  stack.defer(() => void running.delete(stack))
  return await body(await startSystem(broker, bundles, env, stack))
}

async function share() {
  // undefined where the project has none
  const ofProject = inject('broker' as never) as Omit<Broker, 'stop'> | undefined
  const own = ofProject ? undefined : await ensureBroker()
  if (own) atEnd.defer(() => own.stop())
  atEnd.defer(removeBundles)
  const bundles = await buildBundles()
  return { broker: ofProject ?? (own as Broker), bundles }
}

async function startSystem(
  broker: Omit<Broker, 'stop'>,
  bundles: Built,
  env: Readonly<Record<string, string>>,
  stack: AsyncDisposableStack,
): Promise<TestSystem> {
  const vhost = `warren-test-${randomBytes(6).toString('hex')}`
  stack.defer(await ownVhost({ url: broker.managementUrl, ...broker.admin }, vhost))
  const names = [...new Set([defaultQueue, ...bundles.types.map(({ queue }) => queue)])]
  const [, ...moreQueues] = names
  const queues = await Promise.all(
    names.map((name) => {
      const place = name === defaultQueue ? { moreQueues } : { home: defaultQueue }
      return createWorkQueue({ ...broker, vhost }, name, {
        types: bundles.types,
        retryMinSeconds: 0.02,
        ...place,
      })
    }),
  )
  const tasks = new EndedTasks()
  let workers: WorkerProcess[] = []
  const startWorkers = async () => {
    const settings = { name: 'test', ack: 'manual', prefetch: '1', sleepFactor: 1, env } as const
    workers = queues.map((queue) => startWorker(bundles.worker, queue, settings, tasks.take, tasks.record))
    await Promise.all(workers.map(({ consuming }) => consuming))
  }
  const killWorkers = async () => void (await Promise.all(workers.map((worker) => worker.kill())))
  stack.defer(killWorkers)
  const [main] = queues
  if (!main) throw new Error('there is no queue')
  const producer = startProducer(bundles.lambda('producer'), main, 0, undefined, moreQueues)
  stack.defer(() => producer.kill())
  const [endpoint] = await Promise.all([producer.endpoint, startWorkers()])
  // what is refused once is refused for good here
  const client = createClient({ endpoint, deadlineSeconds: 0 })
  return {
    send: ({ type }, payload, options) => client.send(type, payload, options),
    ended: (id, seconds = 20) => tasks.ended(id, seconds),
    async killWorkers() {
      await killWorkers()
      await startWorkers()
    },
  }
}
