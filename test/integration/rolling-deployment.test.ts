import { beforeAll, expect, inject, type TestContext, test } from 'vitest'
import { encodeTask, laterHeader, sentHeader } from '../../services/contract/task.ts'
import { lastRelease, type Release } from '../support/last-release.ts'
import { startProducer } from '../support/producer.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { endedBy, startWorker, type WorkerLog, type WorkerProcess } from '../support/worker-process.ts'

/** A system that runs the last release is updated to this one while tasks go on: topology, workers, producer. */
let found: Release | string
beforeAll(async () => {
  found = await lastRelease()
})

function release(context: TestContext): Release {
  return typeof found === 'string' ? context.skip(found) : found
}

const many = 40
const ids = (prefix: string) => Array.from({ length: many }, (_, index) => `${prefix}-${index}`)
const sleep = (id: string, more: object = {}) => ({ id, type: 'sleep', payload: { ms: 5 }, ...more })

/** Waits until nothing is left, and says of each task how its tries ended. */
async function outcomes(queue: TestQueue, workers: readonly WorkerProcess[], count: number) {
  const tries = await endedBy(workers, count, { within: 60 })
  expect(await queue.counts()).toMatchObject({ ready: 0 })
  expect(await queue.counts(queue.dead)).toMatchObject({ ready: 0 })
  return tries.map(({ id, outcome }) => `${id} ${outcome}`).toSorted()
}
const allDone = (...all: readonly string[]) => all.map((id) => `${id} done`).toSorted()

test('workers of both releases do what the old producer sends, each task once', async (context) => {
  const old = release(context)
  await using queue = await createQueue(inject('broker'))
  await using producer = await startProducer(old.bundles, queue.environment('producer'))
  await using before = startWorker(old.bundles, { ...queue.environment('worker'), WORKER_CLASS: 'before' })
  await using after = startWorker(inject('bundles'), {
    ...queue.environment('worker'),
    WORKER_CLASS: 'after',
  })
  for (const worker of [before, after]) await worker.line('consuming')
  const tasks = ids('a').map((id, index) => sleep(id, index % 2 === 0 ? {} : { priority: index % 32 }))
  expect(await producer.post({ tasks })).toMatchObject({ status: 202 })
  expect(await outcomes(queue, [before, after], many)).toEqual(allDone(...ids('a')))
  await before.ended(1)
  await after.ended(1)
})

test('an old worker does what the new producer and new workers send, whatever they are asked for', async (context) => {
  const old = release(context)
  await using queue = await createQueue(inject('broker'))
  await using producer = await startProducer(inject('bundles'), queue.environment('producer'))
  await using worker = startWorker(old.bundles, queue.environment('worker'))
  const tasks = ids('b').map((id, index) =>
    sleep(id, { priority: index % 32, ...newFields[index % newFields.length] }),
  )
  expect(await producer.post({ tasks })).toMatchObject({ status: 202 })
  // as a new worker publishes what a handler has sent, and what was put off
  const sent = encodeTask({ ...sleep('b-0.1'), queuedAt: Date.now(), tenant: 'acme', parent: 'b-0' })
  const headers = { ...sent.properties.headers, [laterHeader]: 2, [sentHeader]: 3 }
  await queue.publishRaw(sent.content, { ...sent.properties, headers })
  expect(await outcomes(queue, [worker], many + 1)).toEqual(allDone('b-0.1', ...ids('b')))
})

/** What a task may ask for that the last release does not know. */
const newFields: readonly object[] = [{}, { delaySeconds: 1 }, { tenant: 'acme' }]

test('the new topology over the old one keeps what waits, what waits for its retry, and dead letters', async (context) => {
  const old = release(context)
  await using queue = await createQueue(
    inject('broker'),
    { deliveryLimit: 10, retryMinSeconds: 3 },
    old.definitions,
  )
  await using producer = await startProducer(old.bundles, queue.environment('producer'))
  const properties = { persistent: true, type: 'sleep' }
  await queue.publishRaw(Buffer.from('{'), { ...properties, messageId: 'is-dead' })
  await queue.publishRaw(Buffer.from('{}'), { ...properties, messageId: 'comes-back', type: 'none' })
  await using before = startWorker(old.bundles, queue.environment('worker'))
  expect((await before.ended(2)).map(({ id, outcome }) => [id, outcome])).toEqual([
    ['is-dead', 'unreadable'],
    ['comes-back', 'unknown-type'],
  ])
  before.kill('SIGTERM')
  await before.exit()
  expect(await producer.post({ tasks: ids('c').map((id) => sleep(id)) })).toMatchObject({ status: 202 })
  const held = await queue.counts()
  await queue.apply()
  expect((await queue.counts()).ready).toBeGreaterThanOrEqual(held.ready)
  await using after = startWorker(inject('bundles'), queue.environment('worker'))
  const again = ({ tries }: WorkerLog) => tries.some(({ id }) => id === 'comes-back')
  await after.logs('the failed task to be tried again', again, { within: 60 })
  const done = (await after.ended(many + 1)).filter(({ outcome }) => outcome === 'done')
  expect(done.map(({ id }) => id).toSorted()).toEqual(ids('c').toSorted())
  expect(await queue.takeDeadLetter()).toMatchObject({ properties: { messageId: 'is-dead' } })
  expect(await queue.takeDeadLetter()).toBe(false)
})
