import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { manage, path } from '../../services/amqp/management.ts'
import { startProducer, type TestProducer } from '../support/producer.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { readTasks } from '../support/read-tasks.ts'
import { copyServices } from '../support/test-tasks.ts'
import { managementOf } from '../support/topology.ts'
import { until } from '../support/until.ts'

/** A producer whose task type `elsewhere` belongs to another queue than its own. */
const broker = inject('broker')
let stack: AsyncDisposableStack
let main: TestQueue
let other: TestQueue
let producer: TestProducer

beforeAll(async () => {
  stack = new AsyncDisposableStack()
  other = stack.use(await createQueue(broker, { producer: undefined, maxLength: 20 }))
  main = stack.use(await createQueue(broker, { producer: { connections: 5, moreQueues: [other.name] } }))
  const services = stack.use(copyServices())
  services.add({
    type: 'elsewhere',
    more: `queue: '${other.name}'`,
    handler: 'export default () => undefined',
  })
  const variables = { ...main.environment('producer'), MORE_QUEUES: JSON.stringify([other.name]) }
  producer = stack.use(await startProducer(services.bundle(), variables))
})
afterAll(() => stack.disposeAsync())
beforeEach(async () => {
  await other.apply()
  await Promise.all([main.purge(), other.purge()])
})

const here = (id: string) => ({ id, type: 'sleep', payload: { ms: 1 } })
const there = (id: string) => ({ id, type: 'elsewhere', payload: {} })
const idsIn = async (queue: TestQueue) => (await readTasks(queue)).map(({ id }) => id)
const vhost = encodeURIComponent(broker.vhost)

test('one request has tasks for both queues, and each is in its own', async () => {
  const { status, body } = await producer.post({ tasks: [there('a'), here('b'), there('c')] })
  expect({ status, body }).toEqual({ status: 202, body: { ids: ['a', 'b', 'c'] } })
  expect(await idsIn(main)).toEqual(['b'])
  expect(await idsIn(other)).toEqual(['a', 'c'])
})

test('a task that is for later waits before its own queue', async () => {
  expect(await producer.post({ ...there('later'), delaySeconds: 1 })).toMatchObject({ status: 202 })
  await until(async () => (await other.counts()).ready === 1, { within: 60, what: 'the task is due' })
  expect(await idsIn(other)).toEqual(['later'])
})

test('GET /queue tells the sums, and of each queue its own', async () => {
  await producer.post({ tasks: [there('a'), here('b'), there('c')] })
  expect(await producer.get('/queue')).toMatchObject({
    status: 200,
    body: {
      ...{ ready: 3, consumers: 0 },
      queues: { [main.name]: { ready: 1, consumers: 0 }, [other.name]: { ready: 2, consumers: 0 } },
    },
  })
})

test('where one queue is full, 503 names its tasks and no other', async () => {
  // the limit is soft
  await until(async () => (await producer.post(there('filler'))).status === 503, {
    within: 60,
    what: 'the broker to refuse',
  })
  const { status, body } = await producer.post({ tasks: [here('a'), there('b'), here('c')] })
  expect(status).toBe(503)
  expect(body).toMatchObject({ accepted: ['a', 'c'], failed: [{ id: 'b', reason: 'queue full' }] })
  expect(await idsIn(main)).toEqual(['a', 'c'])
})

test('where one queue’s exchange is not there, its tasks fail and no other', async () => {
  const exchange = path('exchanges', broker.vhost, other.name)
  await manage(managementOf(broker), 'DELETE', exchange)
  const { status, body } = await producer.post({ tasks: [here('a'), there('b'), here('c')] })
  expect(status).toBe(503)
  expect(body).toMatchObject({ accepted: ['a', 'c'], failed: [{ id: 'b', reason: 'unroutable' }] })
  // the refusal closed the channel: what had no answer yet was published again
  expect(new Set(await idsIn(main))).toEqual(new Set(['a', 'c']))
})

test('where the producer’s user has no right to one queue, its tasks fail and no other', async () => {
  const user = main.environment('producer').BROKER_USERNAME
  const permission = `permissions/${vhost}/${user}`
  await manage(managementOf(broker), 'PUT', permission, { configure: '', write: `^${main.name}$`, read: '' })
  const { status, body } = await producer.post({ tasks: [here('a'), there('b')] })
  await main.apply()
  expect(status).toBe(503)
  expect(body).toMatchObject({ accepted: ['a'], failed: [{ id: 'b', reason: 'no right to write' }] })
})
