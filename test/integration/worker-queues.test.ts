import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { startWorker } from '../support/worker-process.ts'
import { workerWith } from '../support/worker-with.ts'

const run = randomBytes(4).toString('hex')
const [mainName, ownName] = [`t-${run}-main`, `t-${run}-own`]

/** A type that belongs to the queue `own` now, and sends one of its own and one of the default queue's. */
const bundles = workerWith([
  {
    type: 'moved',
    more: `queue: '${ownName}', sends: ['moved', 'sleep'],`,
    handler: `export default ({ sends }, { send }) => {
      if (!sends) return
      send('moved', {})
      send('sleep', { ms: 0 })
    }`,
  },
  {
    type: 'walk',
    more: `sends: ['moved'], continues: true,`,
    handler: `export default (_, { send, continueWith }) => {
      send('moved', {})
      continueWith({})
    }`,
  },
])

/** The default queue, and the further one. */
let main: TestQueue
let own: TestQueue
let stack: AsyncDisposableStack
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  const workerPublishesTo = [mainName, ownName]
  main = stack.use(await createQueue(inject('broker'), { queue: mainName, workerPublishesTo }))
  own = stack.use(
    await createQueue(inject('broker'), { queue: ownName, workerPublishesTo, producer: undefined }),
  )
})
afterEach(() => stack.disposeAsync())

const workerOf = (queue: TestQueue) =>
  stack.use(startWorker(bundles(), { ...queue.environment('worker'), DEFAULT_QUEUE: mainName }))
const ended = async (queue: TestQueue, count: number) =>
  (await workerOf(queue).ended(count)).map(({ id, outcome }) => `${id} ${outcome}`)
const ready = async (queue: TestQueue) => (await queue.counts()).ready

test('what waits in the queue that its type has left is done there, and what it sends goes where it belongs', async () => {
  await main.publish({ id: 'p', type: 'moved', payload: { sends: true } })
  expect(await ended(main, 2)).toEqual(['p done', 'p.2 done'])
  expect(await ready(own)).toBe(1)
  expect(await ended(own, 1)).toEqual(['p.1 done'])
})

test('a worker of a further queue sends tasks of types without a queue to the default one', async () => {
  await own.publish({ id: 'p', type: 'moved', payload: { sends: true } })
  expect(await ended(own, 2)).toEqual(['p done', 'p.1 done'])
  expect(await ready(main)).toBe(1)
  expect(await ended(main, 1)).toEqual(['p.2 done'])
})

test('a slice whose tasks cannot all be sent is tried again and leaves no second one of its task', async () => {
  await own.deleteWork()
  await main.publish({ id: 'w', type: 'walk', payload: {} })
  const tries = await workerOf(main).ended(3)
  expect(tries.map(({ outcome, deliveryCount }) => `${outcome} ${deliveryCount}`)).toEqual([
    ...['failed 0', 'failed 1', 'failed 2'],
  ])
})
