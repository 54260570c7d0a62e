import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { laterQueue } from '../../services/contract/route.ts'
import { invokeLambda } from '../support/lambda.ts'
import { startProducer, type TestProducer } from '../support/producer.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { until } from '../support/until.ts'
import { startWorker } from '../support/worker-process.ts'

let stack: AsyncDisposableStack
let queue: TestQueue
let producer: TestProducer
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  queue = stack.use(await createQueue(inject('broker'), { deliveryLimit: 1, retryMaxSeconds: 1 }))
  producer = stack.use(await startProducer(inject('bundles'), queue.environment('producer')))
})
afterEach(() => stack.disposeAsync())

const task = (id: string, delaySeconds?: number, more: object = {}) => ({
  id,
  type: 'sleep',
  payload: { ms: 1 },
  delaySeconds,
  ...more,
})

const work = () => stack.use(startWorker(inject('bundles'), queue.environment('worker')))

test('tasks come when they are due, never before, at most a second after, and that is what their waits count from', async () => {
  const worker = work()
  await worker.line('consuming')
  const tasks = [task('5', 5), task('3', 3), task('1', 1), task('2', 2), task('0')]
  const accepted = Date.now()
  expect(await producer.post({ tasks })).toMatchObject({ status: 202 })
  const tries = await worker.ended(tasks.length)
  expect(tries.map(({ id }) => id)).toEqual(['0', '1', '2', '3', '5'])
  for (const { id, startedAt, waitMs, deliveryCount, outcome } of tries) {
    expect([id, outcome, deliveryCount]).toEqual([id, 'done', 0])
    expect(Date.parse(startedAt)).toBeGreaterThanOrEqual(accepted + Number(id) * 1_000)
    expect(waitMs).toBeGreaterThanOrEqual(0)
    expect(waitMs).toBeLessThan(1_000)
  }
})

test('what makes a task what it is survives its way, whoever has a lower priority comes through beside it', async () => {
  const tasks = [task('low', 3, { priority: 0 }), task('high', 3, { priority: 31 }), task('none', 3)]
  expect(await producer.post({ tasks })).toMatchObject({ status: 202 })
  await until(async () => (await queue.counts()).ready === 3, { within: 60, what: 'all three are due' })
  const messages = [await queue.take(), await queue.take(), await queue.take()]
  expect(messages).toMatchObject(
    ['high', 'none', 'low'].map((messageId) => ({
      fields: { redelivered: false },
      properties: { messageId, type: 'sleep', deliveryMode: 2, headers: { 'warren-version': 1 } },
    })),
  )
})

test('a task that came later and failed for good is a dead letter like any other, and a redrive moves it at once', async () => {
  expect(await producer.post(task('dies', 1, { payload: { ms: 1 } }))).toMatchObject({ status: 202 })
  await until(async () => (await queue.counts()).ready === 1, { within: 60, what: 'it is due' })
  const due = await queue.take()
  if (!due) throw new Error('it has gone')
  // with all that the broker has written into it
  await queue.publishRaw(due.content, { ...due.properties, type: 'unheard-of' })
  const worker = work()
  expect((await worker.ended(2)).map(({ deliveryCount }) => deliveryCount)).toEqual([0, 1])
  await until(async () => (await queue.counts(queue.dead)).ready === 1, { within: 60, what: 'a dead letter' })
  worker.kill('SIGTERM')
  await worker.exit()
  const operator = (request: object) =>
    invokeLambda(inject('bundles'), 'operator', queue.environment('operator'), request)
  expect((await operator({ action: 'list' })).result).toMatchObject({
    letters: [{ id: 'dies', reason: 'delivery_limit', deliveryCount: 2 }],
  })
  expect((await operator({ action: 'redrive', dryRun: false })).result).toMatchObject({ moved: 1 })
  expect(await queue.take()).toMatchObject({ properties: { messageId: 'dies' } })
})

test.each([0, -1, 1.5, 604_801, '5', null])(
  'a delay of %j is refused, and nothing is published',
  async (delaySeconds) => {
    const { status, body } = await producer.post({
      tasks: [task('good', 1), { ...task('bad'), delaySeconds }],
    })
    expect(status).toBe(400)
    expect(body.errors).toEqual([
      { index: 1, path: '/delaySeconds', message: expect.stringContaining('from 1 to 604800') },
    ])
    expect(await queue.counts(laterQueue(queue.name, 0))).toEqual({ ready: 0, consumers: 0 })
  },
)

test('a level that is full takes no more, and the producer says so', async () => {
  await using small = await createQueue(inject('broker'), { maxLength: 2 })
  await using producer = await startProducer(inject('bundles'), small.environment('producer'))
  const tasks = Array.from({ length: 20 }, (_, index) => task(`${index}`, 3_600))
  // the broker's limit is soft: some more are taken before it is kept
  await producer.post({ tasks: tasks.slice(0, 5) })
  const { status, body } = await producer.post({ tasks: tasks.slice(5) })
  expect(status).toBe(503)
  expect(body.failed).toContainEqual({ id: expect.any(String), reason: 'queue full' })
})
