import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createQueue } from '../support/queue.ts'
import { recordedTasks } from '../support/recorded-tasks.ts'
import { createLedger, type TestLedger } from '../support/test-ledger.ts'
import { startWorker } from '../support/worker-process.ts'
import { workerWith } from '../support/worker-with.ts'

const bundles = workerWith(recordedTasks, { ledger: true })
let ledger: TestLedger
beforeAll(async () => {
  ledger = await createLedger()
})
afterAll(() => ledger[Symbol.asyncDispose]())

const createRecorded = () =>
  createQueue(inject('broker'), { workerPublishes: true, retryMinSeconds: 0.1, retryMaxSeconds: 0.2 })
type Queue = Awaited<ReturnType<typeof createRecorded>>
const start = (queue: Queue, more: Readonly<Record<string, string>> = {}) =>
  startWorker(bundles(), { ...queue.environment('worker'), ...ledger.variables, ...more })
const answer = (id: string, payload: object) => ({ id, type: 'answer', payload })

describe('what a handler returns', () => {
  it('is the result, and its last word the progress; neither is in the log', async () => {
    await using queue = await createRecorded()
    await using worker = start(queue)
    const said = [
      [0.1, 'begun'],
      [0.5, 'half'],
      [0.9, 'nearly there'],
    ]
    await queue.publish(answer('r1', { result: { pages: 3 }, said }), answer('r2', { ms: 1 }))
    await worker.ended(2)
    expect(await ledger.status('r1')).toMatchObject({
      ...{ id: 'r1', type: 'answer', state: 'done', tries: 1, result: { pages: 3 } },
      progress: { value: 0.9, note: 'nearly there' },
    })
    expect(await ledger.status('r2')).not.toHaveProperty('result')
    expect(JSON.stringify((await worker.stop()).lines)).not.toMatch(/pages|nearly there/)
  })

  it.each([
    ['bigint', /ResultError.*not JSON.*BigInt/],
    ['function', /ResultError.*not JSON: a function/],
    ['circle', /ResultError.*circular/],
    ['large', /ResultError.*102402 bytes.*102400 are kept/],
    ['progress', /RangeError: progress: .*from 0 to 1, got 1.5/],
  ])('has failed the try where it cannot be kept: %s', async (what, reason) => {
    await using queue = await createRecorded()
    await using worker = start(queue)
    await queue.publish({ id: `u-${what}`, type: 'unsayable', payload: { what } })
    const [first] = await worker.ended(3)
    expect(first).toMatchObject({ outcome: 'failed', reason: expect.stringMatching(reason) })
    const status = await ledger.becomes(`u-${what}`, 'dead')
    expect(status).toMatchObject({ tries: 3, reason: expect.stringMatching(reason) })
  })

  it('comes from quarantine too, and so does what it says on the way', async () => {
    await using queue = await createQueue(inject('broker'), { deliveryLimit: 5, retryMinSeconds: 0.1 })
    await using worker = start(queue, {
      WORKER_SLOTS: '2',
      WORKER_SLOTS_PER_THREAD: '2',
      DELIVERY_LIMIT: '5',
    })
    await queue.publish(answer('q1', { result: [1], failures: 3, said: [[1, 'all']] }))
    await worker.ended(4)
    expect(await ledger.status('q1')).toMatchObject({
      ...{ state: 'done', tries: 4, result: [1], progress: { value: 1, note: 'all' } },
    })
  })
})

describe('the state', () => {
  it('is running while a try lasts, failed between two, dead after the last, and the dead letter has it', async () => {
    await using queue = await createQueue(inject('broker'), { deliveryLimit: 1, retryMinSeconds: 2 })
    await using worker = start(queue, { DELIVERY_LIMIT: '1' })
    await queue.publish(answer('s1', { ms: 600, failures: 9, said: [[0.4, 'note']] }))
    const running = await ledger.becomes('s1', 'running')
    expect(running).toMatchObject({ tries: 1, progress: { value: 0.4, note: 'note' } })
    expect(await ledger.becomes('s1', 'failed')).toMatchObject({ tries: 1, reason: 'Error: not yet' })
    expect(await ledger.becomes('s1', 'running')).toMatchObject({ tries: 2 })
    expect(await ledger.becomes('s1', 'dead')).toMatchObject({ tries: 2, reason: 'Error: not yet' })
    await worker.ended(2)
    await expect.poll(() => queue.takeDeadLetter()).toMatchObject({ properties: { messageId: 's1' } })
  })

  it('is dead at once where the task is given up, and goes on when it comes again', async () => {
    await using queue = await createRecorded()
    await using worker = start(queue)
    await queue.publish(answer('s2', { failures: 1, permanent: true }), {
      id: 's3',
      type: 'answer',
      payload: 7,
    })
    await worker.ended(2)
    expect(await ledger.status('s2')).toMatchObject({
      state: 'dead',
      reason: expect.stringMatching(/not yet/),
    })
    expect(await ledger.status('s3')).toMatchObject({
      state: 'dead',
      reason: expect.stringMatching(/does not fit/),
    })
    await queue.publish(answer('s2', { result: 'after all' }))
    expect(await ledger.becomes('s2', 'done')).toMatchObject({ result: 'after all' })
  })

  it('is accepted again for what is put off or goes on, and done in the end', async () => {
    await using queue = await createRecorded()
    await using worker = start(queue)
    await queue.publish(answer('s4', { result: 'later' }), answer('s5', { result: 'go on' }))
    await ledger.becomes('s5', 'done')
    expect(await ledger.becomes('s4', 'accepted')).toMatchObject({
      tries: 1,
      reason: expect.stringMatching(/busy/),
    })
    const went = (await worker.ended(3)).filter(({ id }) => id === 's5')
    expect(went.map(({ goesOn }) => goesOn)).toEqual([true, undefined])
    expect(await ledger.status('s5')).toMatchObject({ result: 'went on' })
  })

  it('is accepted again for what a worker hands back', async () => {
    await using queue = await createRecorded()
    await using worker = start(queue, { DRAIN_SECONDS: '0' })
    await queue.publish(answer('s6', { ms: 60_000 }))
    await ledger.becomes('s6', 'running')
    worker.kill('SIGTERM')
    expect(await worker.exit()).toBe(0)
    expect(await ledger.status('s6')).toMatchObject({
      state: 'accepted',
      reason: expect.stringMatching(/shutting/),
    })
  })

  it('is not recorded without an id, and the dead letter comes all the same', async () => {
    await using queue = await createRecorded()
    await using worker = start(queue)
    const before = ledger.front.calls.length
    await queue.publishRaw(Buffer.from('{}'), { type: 'answer' })
    expect((await worker.ended(1))[0]?.outcome).toBe('unreadable')
    expect(ledger.front.calls.length).toBe(before)
  })
})

it('a late second try of what is done changes nothing, whatever becomes of it', async () => {
  await using queue = await createRecorded()
  await using worker = start(queue)
  await queue.publish(answer('d1', { result: 'first' }))
  await ledger.becomes('d1', 'done')
  await queue.publish(answer('d1', { failures: 9, permanent: true }))
  expect((await worker.ended(2)).map(({ outcome }) => outcome)).toEqual(['done', 'permanent-failure'])
  expect(await ledger.status('d1')).toMatchObject({ state: 'done', result: 'first' })
})

it('tasks that are over soon cost one write each, those that last one more', async () => {
  await using queue = await createRecorded()
  await using worker = start(queue)
  const before = ledger.front.calls.length
  await queue.publish(
    ...Array.from({ length: 20 }, (_, n) => answer(`c-${n}`, {})),
    answer('c-long', { ms: 500 }),
  )
  await worker.ended(21)
  const operations = ledger.front.calls.slice(before).map(({ operation }) => operation)
  expect(operations.filter((each) => each === 'PutItem')).toHaveLength(21)
  expect(operations.filter((each) => each === 'BatchWriteItem')).toHaveLength(1)
})

it('children are accepted before they are published, with their parent', async () => {
  await using queue = await createRecorded()
  await using worker = start(queue)
  await queue.publish({ id: 'f0', type: 'fan', payload: { parts: [] } })
  await worker.ended(2)
  expect(await ledger.status('f0.then')).toMatchObject({ state: 'done', parent: 'f0', result: { of: 'all' } })
})
