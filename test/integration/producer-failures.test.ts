import { randomUUID } from 'node:crypto'
import { createServer } from 'node:net'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { listenOnLoopback } from '../../local/listen.ts'
import { manage } from '../../services/amqp/management.ts'
import type { TopologySettings } from '../../services/contract/topology.ts'
import { Producer } from '../../services/producer/producer.ts'
import { createLogger } from '../../services/telemetry/logger.ts'
import { startProducer, type TestProducer } from '../support/producer.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { readTasks } from '../support/read-tasks.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

let stack: AsyncDisposableStack
beforeEach(() => {
  stack = new AsyncDisposableStack()
})
afterEach(() => stack.disposeAsync())

interface Setup {
  readonly queue: TestQueue
  readonly producer: TestProducer
  /** The line between producer and broker. */
  readonly line: TcpProxy
}

async function start(settings: Partial<TopologySettings> = {}): Promise<Setup> {
  const queue = stack.use(await createQueue(inject('broker'), settings))
  const { hostname, port } = new URL(inject('broker').amqpUrl)
  const line = stack.use(await startTcpProxy({ host: hostname, port: Number(port) }))
  const variables = { ...queue.environment('producer'), BROKER_URL: `amqp://127.0.0.1:${line.port}` }
  const producer = stack.use(await startProducer(inject('bundles'), variables))
  return { queue, producer, line }
}

/** Its connection is there: a broker that is busy may take longer than the three seconds for which a producer waits. */
async function connected({ producer }: Setup): Promise<void> {
  const accepts = async () => (await producer.post(task())).status === 202
  await until(accepts, { within: 60, what: 'the producer is connected' })
}

const task = (id: string = randomUUID()) => ({ id, type: 'sleep', payload: { ms: 1 } })
const tasks = (count: number) => ({ tasks: Array.from({ length: count }, () => task()) })

test("503 for tasks over the queue's limit says which the broker took", async () => {
  const { queue, producer } = await start({ maxLength: 20 })
  // the limit is soft: what is sent at once is taken or not, as the broker comes round to it
  const first = await producer.post(tasks(1_000))
  const last = await until(
    async () => {
      const answer = await producer.post(task('last'))
      return answer.status === 503 && answer
    },
    { within: 60, what: 'the broker to refuse' },
  )
  expect(last.headers.get('retry-after')).toBe('5')
  expect(last.headers.get('content-type')).toBe('application/problem+json')
  expect(last.body).toMatchObject({ accepted: [], failed: [{ id: 'last', reason: 'queue full' }] })
  const said: string[] = first.body.accepted ?? first.body.ids
  expect(first.body.failed ?? []).toHaveLength(1_000 - said.length)
  expect((await readTasks(queue)).map(({ id }) => id).filter((id) => id !== 'last')).toEqual(said)
})

test('503 when there is no queue any more, and 202 when it is back', async () => {
  const setup = await start()
  const { queue, producer, line } = setup
  await connected(setup)
  const before = line.accepted
  await queue.deleteWork()
  const { status, body } = await producer.post({ tasks: [task('a'), task('b')] })
  expect(status).toBe(503)
  expect(body).toMatchObject({
    ids: ['a', 'b'],
    accepted: [],
    failed: [
      { id: 'a', reason: 'unroutable' },
      { id: 'b', reason: 'unroutable' },
    ],
  })
  expect(await producer.get('/queue')).toMatchObject({ status: 503, body: { status: 503 } })
  await queue.apply()
  expect(await producer.post({ tasks: [task('a'), task('b')] })).toMatchObject({ status: 202 })
  expect(line.accepted).toBe(before + 1)
})

test('503 when there is not even the exchange', async () => {
  const setup = await start()
  const { queue, producer } = setup
  await connected(setup)
  const { managementUrl, vhost, admin } = inject('broker')
  const path = `exchanges/${encodeURIComponent(vhost)}/${queue.name}`
  await manage({ url: managementUrl, ...admin }, 'DELETE', path)
  expect(await producer.post(task('a'))).toMatchObject({
    status: 503,
    body: { failed: [{ id: 'a', reason: 'unroutable' }] },
  })
  await queue.apply()
  expect(await producer.post(task('a'))).toMatchObject({ status: 202 })
})

test('one connection serves all requests', async () => {
  const { queue, producer, line } = await start()
  for (let round = 0; round < 5; round += 1)
    expect(await producer.post(tasks(3))).toMatchObject({ status: 202 })
  await Promise.all(Array.from({ length: 20 }, () => producer.post(tasks(3))))
  expect(await queue.counts()).toMatchObject({ ready: 75 })
  expect(line.accepted).toBe(1)
})

test.each(['cut', 'reset'] as const)(
  'a connection that was %s between two requests is replaced',
  async (how) => {
    const { queue, producer, line } = await start()
    expect(await producer.post(task())).toMatchObject({ status: 202 })
    line[how]()
    await until(() => line.open === 0, { within: 60, what: 'the producer lets go of the connection' })
    expect(await producer.post(task())).toMatchObject({ status: 202 })
    expect(await queue.counts()).toMatchObject({ ready: 2 })
    expect(line.accepted).toBe(2)
  },
)

test('without a confirm, tasks are published once more on a new connection with the same ids', async () => {
  const { queue, producer, line } = await start()
  expect(await producer.post(task('first'))).toMatchObject({ status: 202 })
  // the broker hears the producer, the producer not the broker
  line.pause('answers')
  expect(await producer.post({ tasks: [task('a'), task('b')] })).toMatchObject({
    status: 202,
    body: { ids: ['a', 'b'] },
  })
  expect(line.accepted).toBe(2)
  // at least once: the broker had them both times
  expect((await readTasks(queue)).map(({ id }) => id)).toEqual(['first', 'a', 'b', 'a', 'b'])
})

test('503 when there is neither a confirm nor a new connection', async () => {
  const { queue, producer, line } = await start()
  expect(await producer.post(task('first'))).toMatchObject({ status: 202 })
  line.pause()
  line.refuse(true)
  const { status, headers, body } = await producer.post(task('a'))
  expect(status).toBe(503)
  expect(headers.get('retry-after')).toBe('5')
  expect(body).toMatchObject({ accepted: [], failed: [{ id: 'a', reason: 'no confirm in time' }] })
  line.refuse(false)
  expect(await producer.post(task('b'))).toMatchObject({ status: 202 })
  expect((await readTasks(queue)).map(({ id }) => id)).toEqual(['first', 'b'])
})

test('503 when the second try brings no confirm in time either', async () => {
  const { queue, line } = await start()
  const variables = {
    ...queue.environment('producer'),
    BROKER_URL: `amqp://127.0.0.1:${line.port}`,
    MORE_QUEUES: [],
  }
  // not the bundle, for the sake of a deadline shorter than the line is slow
  const producer = new Producer(variables, createLogger('error'), { confirmMs: 100 })
  stack.defer(() => producer.close())
  expect(await producer.handle(task('first'))).toEqual({ ids: ['first'] })
  line.latency(200)
  await expect(producer.handle(task('a'))).rejects.toThrow('{"id":"a","reason":"no confirm in time"}')
  expect(line.accepted).toBe(2)
  line.latency(0)
  expect(await producer.handle(task('b'))).toEqual({ ids: ['b'] })
})

test('503 while the broker cannot be reached, 202 as soon as it can', async () => {
  const { producer, line } = await start()
  line.refuse(true)
  const { status, body } = await producer.post({ tasks: [task('a'), task('b')] })
  expect(status).toBe(503)
  expect(body.failed).toEqual([
    { id: 'a', reason: 'no connection' },
    { id: 'b', reason: 'no connection' },
  ])
  expect(await producer.get('/queue')).toMatchObject({ status: 503 })
  line.refuse(false)
  expect(await producer.post(task('a'))).toMatchObject({ status: 202 })
})

test('503 when what listens there says nothing', async () => {
  const silent = createServer()
  stack.defer(() => void silent.close())
  const port = await listenOnLoopback(silent, { port: 0, wanted: true })
  const queue = stack.use(await createQueue(inject('broker')))
  const variables = { ...queue.environment('producer'), BROKER_URL: `amqp://127.0.0.1:${port}` }
  const producer = stack.use(await startProducer(inject('bundles'), variables))
  expect(await producer.post(task('a'))).toMatchObject({
    status: 503,
    body: { failed: [{ id: 'a', reason: 'no connection' }] },
  })
  expect(producer.running()).toBe(true)
})

test("503 for a connection over the user's limit", async () => {
  const { queue, producer } = await start({ producer: { connections: 1, moreQueues: [] } })
  expect(await producer.post(task())).toMatchObject({ status: 202 })
  const another = stack.use(await startProducer(inject('bundles'), queue.environment('producer')))
  expect(await another.post(task('a'))).toMatchObject({
    status: 503,
    body: { failed: [{ id: 'a', reason: 'no connection' }] },
  })
  expect(another.running()).toBe(true)
  await producer[Symbol.asyncDispose]()
  await until(async () => (await another.post(task())).status === 202, {
    within: 60,
    what: 'the other connection to make room',
  })
})
