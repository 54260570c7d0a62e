import { expect, inject, test } from 'vitest'
import { type QueueFigures, readQueue } from '../../services/probe/figures.ts'
import { invokeLambda } from '../support/lambda.ts'
import { createQueue } from '../support/queue.ts'
import { openAs } from '../support/topology.ts'
import { until } from '../support/until.ts'

const broker = inject('broker')
const tasks = (count: number) => Array.from({ length: count }, () => ({ type: 'sleep', payload: { ms: 1 } }))

/** A queue, and who looks at it and consumes from it; `await using` ends all. */
async function createScene() {
  await using stack = new AsyncDisposableStack()
  const settings = { deadLettersMaxLength: 2, retryMinSeconds: 600, retryMaxSeconds: 600 }
  const queue = stack.use(await createQueue(broker, settings))
  const look = (): Promise<QueueFigures> => {
    const { BROKER_USERNAME: username, BROKER_PASSWORD: password } = queue.environment('probe')
    return readQueue({ url: broker.managementUrl, username, password }, broker.vhost, queue.name)
  }
  const moved = stack.move()
  return {
    ...{ queue, look },
    /** Consumers with these tags, prefetch 1, that hold what they get; gives what the first delivery of each can do. */
    async openConsumers(...tags: string[]) {
      const { BROKER_USERNAME, BROKER_PASSWORD } = queue.environment('worker')
      const connection = await openAs(broker, BROKER_USERNAME, BROKER_PASSWORD)
      moved.defer(() => connection.close())
      const channel = await connection.createChannel()
      await channel.prefetch(1)
      for (const consumerTag of tags) await channel.consume(queue.name, () => undefined, { consumerTag })
      return channel
    },
    /** The broker's figures are some seconds old. */
    untilFigures: (expected: Partial<QueueFigures>) =>
      until(
        async () => {
          const figures = await look()
          expect(figures).toMatchObject(expected)
          return figures
        },
        { within: 60, what: `figures ${JSON.stringify(expected)}` },
      ),
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  }
}

test.concurrent('ready, in flight, delayed, for later, dead: each task is in one figure, consumers are told by tag', async ({
  expect,
}) => {
  await using scene = await createScene()
  const { queue, openConsumers, untilFigures } = scene
  await queue.publish(...tasks(8))
  const channel = await openConsumers()
  const get = async () => {
    const message = await channel.get(queue.name)
    if (!message) throw new Error('a task expected')
    return message
  }
  channel.reject(await get(), false)
  channel.reject(await get(), true)
  channel.reject(await get(), true)
  await openConsumers('small.w1.0', 'small.w2.0')
  await queue.publishLater(600)
  await queue.publishLater(86_400)
  // a ladder that is none of its own
  await using other = await createQueue(broker)
  await other.publishLater(600)
  const figures = await untilFigures({
    ready: 3,
    inFlight: 2,
    delayed: 2,
    later: 2,
    deadLetters: 1,
    consumers: 2,
  })
  expect(figures.consumerTags.toSorted()).toEqual(['small.w1.0', 'small.w2.0'])
  expect(figures.deadLettering).toBe(0)
})

test.concurrent('dead letters that the full dead-letter queue holds back are seen on their way', async ({
  expect,
}) => {
  await using scene = await createScene()
  const { queue, look, openConsumers } = scene
  await queue.publish(...tasks(12))
  const channel = await openConsumers()
  for (let count = 0; count < 12; count += 1) {
    const message = await channel.get(queue.name)
    if (message) channel.reject(message, false)
  }
  const held = await until(
    async () => {
      const figures = await look()
      // the limit is soft: how many are let in is the broker's to say
      return figures.deadLettering > 0 && figures.deadLetters + figures.deadLettering === 12 && figures
    },
    { within: 60, what: 'dead letters on their way' },
  )
  expect(held).toMatchObject({ ready: 0, inFlight: 0 })
})

test.concurrent('acknowledged tasks have a rate', async ({ expect }) => {
  await using scene = await createScene()
  const { queue, look, openConsumers } = scene
  const channel = await openConsumers()
  await until(
    async () => {
      await queue.publish(...tasks(5))
      for (let message = await channel.get(queue.name); message; message = await channel.get(queue.name))
        channel.ack(message)
      return (await look()).ackedPerSecond > 0
    },
    { within: 60, what: 'a rate' },
  )
  expect(await look()).toMatchObject({ inFlight: 0 })
})

test.concurrent('a queue that is not there is an error, and no zeros', async ({ expect }) => {
  await using scene = await createScene()
  const { queue, look, untilFigures } = scene
  await untilFigures({ ready: 0 })
  await queue.deleteWork()
  await expect(look()).rejects.toThrow('404')
})

test.concurrent('the function emits the queue’s metrics, and wakes the class that nobody works for', async ({
  expect,
}) => {
  await using scene = await createScene()
  const { queue, openConsumers, untilFigures } = scene
  await queue.publish(...tasks(4))
  await openConsumers('small.w1.0')
  await untilFigures({ ready: 3, inFlight: 1, consumers: 1 })
  const wakeUp = [
    { class: 'small', backlogAbove: 0 },
    { class: 'large', backlogAbove: 3 },
    { class: 'huge', backlogAbove: 4 },
  ]
  const variables = {
    ...queue.environment('probe'),
    METRICS_NAMESPACE: 'warren',
    WAKE_UP: JSON.stringify(wakeUp),
  }
  const { output, error } = await invokeLambda(inject('bundles'), 'probe', variables, {})
  expect(error).toBeUndefined()
  const lines = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines[0]).toMatchObject({
    Queue: queue.name,
    Ready: 3,
    InFlight: 1,
    Backlog: 4,
    BacklogPerSlot: 4,
    DeadLetters: 0,
  })
  expect(lines.slice(1).map(({ WorkerClass, WakeUp }) => [WorkerClass, WakeUp])).toEqual([
    ['small', 0],
    ['large', 1],
    ['huge', 0],
  ])
})
