import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { createClient } from '../../client/src/client.ts'
import type { TopologySettings } from '../../services/contract/topology.ts'
import { type Answers, htmlPage, startAnswering } from '../support/answering.ts'
import { startProducer, type TestProducer } from '../support/producer.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { readTasks } from '../support/read-tasks.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

let stack: AsyncDisposableStack
beforeEach(() => {
  stack = new AsyncDisposableStack()
})
afterEach(() => stack.disposeAsync())

/** A producer, with a line to the broker that can fail. */
async function start(settings: Partial<TopologySettings> = {}) {
  const queue = stack.use(await createQueue(inject('broker'), settings))
  const { hostname, port } = new URL(inject('broker').amqpUrl)
  const line = stack.use(await startTcpProxy({ host: hostname, port: Number(port) }))
  const variables = { ...queue.environment('producer'), BROKER_URL: `amqp://127.0.0.1:${line.port}` }
  return { queue, line, producer: stack.use(await startProducer(inject('bundles'), variables)) }
}

/** Hands requests on to the producer, and its answers back. */
const handOn =
  (producer: TestProducer): Answers =>
  async ({ body: request }) => {
    const { status, body, headers } = await producer.post(request)
    return { status, body, headers: { 'retry-after': headers.get('retry-after') ?? '0' } }
  }

/** The producer does what it is asked, and its answer is lost. */
const loseAnswer =
  (producer: TestProducer): Answers =>
  async ({ body }) => {
    await producer.post(body)
    return undefined
  }

const tasks = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `t-${index}`, type: 'sleep', payload: { ms: 1 } }))
const idsIn = async (queue: TestQueue) => (await readTasks(queue)).map(({ id }) => id)

test('what a full queue does not take is sent again until it is taken, and nothing else is', async () => {
  const { queue, producer } = await start({ maxLength: 20 })
  const taken: string[] = []
  let requests = 0
  const all = tasks(1_000)
  const front = stack.use(
    await startAnswering(
      ...Array.from(
        { length: 20 },
        (): Answers => async (request) => {
          requests += 1
          const answer = await handOn(producer)(request)
          // room for the rest
          taken.push(...(await idsIn(queue)))
          return answer && { ...answer, headers: {} }
        },
      ),
    ),
  )
  const ids = await createClient({ endpoint: front.url }).sendBatch(all)
  expect(ids).toEqual(all.map(({ id }) => id))
  expect(requests).toBeGreaterThan(1)
  expect(taken.toSorted()).toEqual(ids.toSorted())
})

test('a task whose acceptance was lost with the connection is sent again under its id, and so are those after it', async () => {
  const { queue, producer } = await start()
  const front = stack.use(
    await startAnswering(loseAnswer(producer), htmlPage, handOn(producer), handOn(producer)),
  )
  const client = createClient({ endpoint: front.url })
  const id = await client.send('sleep', { ms: 1 }, { priority: 9, tenant: 'acme' })
  expect(front.requests.map(({ ids }) => ids)).toEqual([[id], [id], [id]])
  await client.send('sleep', { ms: 2 }, { id: 'next' })
  const found = await readTasks(queue)
  expect(found.map((task) => task.id).toSorted()).toEqual([id, id, 'next'].toSorted())
  expect(found.find((task) => task.id === id)).toMatchObject({ payload: { ms: 1 }, tenant: 'acme' })
})

test('while the broker is away tasks are sent again, and accepted when it is back', async () => {
  const { queue, line, producer } = await start()
  line.refuse(true)
  const tries: (string | undefined)[] = []
  await createClient({ endpoint: producer.url }).sendBatch(tasks(3), {
    onTry({ reason }) {
      tries.push(reason)
      line.refuse(false)
    },
  })
  expect(tries[0]).toBe('503 no connection')
  expect(tries.at(-1)).toBeUndefined()
  expect(await idsIn(queue)).toEqual(['t-0', 't-1', 't-2'])
})

test('a broker that stays away is told when the deadline has passed', async () => {
  const { queue, line, producer } = await start()
  line.refuse(true)
  const client = createClient({ endpoint: producer.url, deadlineSeconds: 3 })
  const failed = tasks(2).map(({ id }) => ({ id, reason: 'no connection', mayBeAccepted: false }))
  await expect(client.sendBatch(tasks(2))).rejects.toMatchObject({
    name: 'NotAcceptedError',
    status: 503,
    ids: ['t-0', 't-1'],
    accepted: [],
    failed,
    problem: { title: 'Service Unavailable', failed: [{ id: 't-0' }, { id: 't-1' }] },
  })
  expect(await idsIn(queue)).toEqual([])
})

test('what is wrong is named by its place in the call, and by the fields of the problem', async () => {
  const { queue, producer } = await start()
  const client = createClient({ endpoint: producer.url })
  const wrong = { type: 'sleep', payload: { ms: 'long' } }
  await expect(client.sendBatch([...tasks(1_001), wrong])).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining('answered 400: task 1001: /payload/ms'),
    problem: { errors: [{ index: 1_001, path: '/payload/ms' }] },
    accepted: { length: 1_000 },
    failed: [{ id: 't-1000', mayBeAccepted: false }, { mayBeAccepted: false }],
  })
  const huge = { type: 'digest', payload: { rounds: 1, text: 'x'.repeat(600_000) } }
  await expect(client.sendBatch([{ type: 'digest', payload: {} }, huge])).rejects.toMatchObject({
    status: 413,
    problem: { index: 1, limit: 524_288 },
  })
  await expect(client.send('sleep', { ms: 1 }, { delaySeconds: 0.5 })).rejects.toThrow(
    '/delaySeconds must be',
  )
  expect((await client.depth()).ready).toBe(1_000)
  expect(await idsIn(queue)).toHaveLength(1_000)
})
