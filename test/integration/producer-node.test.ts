import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import type { BrokerNode } from '../../local/broker/broker.ts'
import { startNode } from '../../local/broker/start.ts'
import { startProducer, type TestProducer } from '../support/producer.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { readTasks } from '../support/read-tasks.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

/** What needs a node of its own: it is starved of memory, and gives silent connections up after seconds. */
let node: BrokerNode
beforeAll(async () => {
  node = await startNode({ conf: ['heartbeat = 2'] })
})
afterAll(() => node.stop())

let stack: AsyncDisposableStack
let queue: TestQueue
let line: TcpProxy
let producer: TestProducer
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  queue = stack.use(await createQueue(node))
  line = stack.use(await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(node.amqpUrl).port) }))
  const variables = { ...queue.environment('producer'), BROKER_URL: `amqp://127.0.0.1:${line.port}` }
  producer = stack.use(await startProducer(inject('bundles'), variables))
})
afterEach(() => stack.disposeAsync())

const task = (id: string) => ({ id, type: 'sleep', payload: { ms: 1 } })
const ids = async () => (await readTasks(queue)).map(({ id }) => id)

test('while the broker is out of memory, requests are refused at once; then they are taken again', async () => {
  expect(await producer.post(task('before'))).toMatchObject({ status: 202 })
  await node.ctl('set_vm_memory_high_watermark', 'absolute', '1')
  await until(async () => (await producer.post(task('during'))).status === 503, {
    within: 60,
    what: 'the broker to block the connection',
  })
  const { status, headers, body } = await producer.post(task('refused'))
  expect(status).toBe(503)
  expect(headers.get('retry-after')).toBe('5')
  expect(body).toMatchObject({ accepted: [], failed: [{ id: 'refused', reason: 'blocked' }] })
  expect(await producer.get('/queue')).toMatchObject({ status: 503 })

  // a new connection learns that it is blocked from its first publish only
  const fresh = stack.use(await startProducer(inject('bundles'), queue.environment('producer')))
  const answers = [await fresh.post(task('fresh-1')), await fresh.post(task('fresh-2'))]
  expect(answers[1]).toMatchObject({ status: 503, body: { failed: [{ id: 'fresh-2', reason: 'blocked' }] } })

  await node.ctl('set_vm_memory_high_watermark', '0.6')
  await until(async () => (await producer.post(task('after'))).status === 202, {
    within: 60,
    what: 'the broker to take messages again',
  })
  expect(line.accepted).toBe(1)
  const found = await ids()
  expect(found[0]).toBe('before')
  expect(found).toContain('after')
  expect(found).not.toContain('refused')
  expect(found).not.toContain('fresh-2')
})

test('a process that stood still for more than two heartbeats replaces the connection before it publishes', async () => {
  expect(await producer.post(task('before'))).toMatchObject({ status: 202 })
  process.kill(producer.pid, 'SIGSTOP')
  // nobody tells the producer that the broker gave the connection up
  line.pause()
  await standStill(6_000)
  process.kill(producer.pid, 'SIGCONT')
  expect(await producer.post(task('after'))).toMatchObject({ status: 202 })
  expect(line.accepted).toBe(2)
  expect(await ids()).toEqual(['before', 'after'])
  const said = (await producer.stop()).map(({ msg }) => msg)
  expect(said).toEqual([expect.stringContaining('stood still')])
})

test('a process that stood still until the broker gave the connection up notices that', async () => {
  expect(await producer.post(task('before'))).toMatchObject({ status: 202 })
  process.kill(producer.pid, 'SIGSTOP')
  await until(() => line.endedByServer === 1, { within: 60, what: 'the broker to give the connection up' })
  process.kill(producer.pid, 'SIGCONT')
  expect(await producer.post(task('after'))).toMatchObject({ status: 202 })
  expect(await ids()).toEqual(['before', 'after'])
  expect(producer.running()).toBe(true)
})

test('a process that stood still for a moment keeps its connection', async () => {
  expect(await producer.post(task('before'))).toMatchObject({ status: 202 })
  process.kill(producer.pid, 'SIGSTOP')
  await standStill(500)
  process.kill(producer.pid, 'SIGCONT')
  expect(await producer.post(task('after'))).toMatchObject({ status: 202 })
  expect(line.accepted).toBe(1)
})

/** The one thing that must pass here is time. */
function standStill(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
