import type { GetMessage } from 'amqplib'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { republished } from '../../services/amqp/republish.ts'
import type { TaskLogLine } from '../../services/contract/log.ts'
import type { LedgerCall, Treatment } from '../support/ledger-front.ts'
import { createQueue } from '../support/queue.ts'
import { recordedTasks } from '../support/recorded-tasks.ts'
import { createLedger, type TestLedger } from '../support/test-ledger.ts'
import { until } from '../support/until.ts'
import { startWorker } from '../support/worker-process.ts'
import { workerWith } from '../support/worker-with.ts'

/** `sendAll`: when all of its tasks are done, and once, another one is sent. */

const bundles = workerWith(recordedTasks, { ledger: true })
const bundlesWithout = workerWith(recordedTasks)
let ledger: TestLedger
beforeAll(async () => {
  ledger = await createLedger()
})
afterAll(() => ledger[Symbol.asyncDispose]())
beforeEach(() => ledger.front.treat(() => 'pass'))

const create = () =>
  createQueue(inject('broker'), { workerPublishes: true, retryMinSeconds: 0.1, deliveryLimit: 10 })
type Queue = Awaited<ReturnType<typeof create>>
const start = (queue: Queue, more: Readonly<Record<string, string>> = {}) =>
  startWorker(bundles(), {
    ...queue.environment('worker'),
    ...ledger.variables,
    DELIVERY_LIMIT: '10',
    ...more,
  })
const fan = (id: string, parts: readonly object[]) => ({ id, type: 'fan', payload: { parts } })
const done = (tries: readonly TaskLogLine[]) =>
  tries.flatMap(({ id, outcome }) => (outcome === 'done' ? [id] : []))
const shared = { WORKER_SLOTS: '8', WORKER_SLOTS_PER_THREAD: '8' }

it('sends what comes then when the last is done, once, also where many end at the same time', async () => {
  await using queue = await create()
  await using one = start(queue, shared)
  await using other = start(queue, shared)
  await queue.publish(fan('j1', Array(60).fill({ ms: 5 })))
  expect(await ledger.becomes('j1.then', 'done', 30)).toMatchObject({ parent: 'j1', result: { of: 'all' } })
  await until(async () => (await queue.counts()).ready === 0, { within: 60, what: 'nothing waits' })
  const tries = [...(await one.stop()).tries, ...(await other.stop()).tries]
  const ids = done(tries)
  expect(ids.toSorted()).toEqual(
    ['j1', 'j1.then', ...Array.from({ length: 60 }, (_, n) => `j1.${n + 1}`)].toSorted(),
  )
  expect(await ledger.status('j1')).toMatchObject({
    state: 'done',
    result: { ids: expect.arrayContaining(['j1.60']) },
  })
  const parts = ids.filter((id) => id !== 'j1' && id !== 'j1.then')
  const last = Math.max(
    ...tries.filter(({ id }) => parts.includes(id)).map(({ startedAt }) => Date.parse(startedAt)),
  )
  const then = tries.find(({ id }) => id === 'j1.then')
  expect(Date.parse(then?.startedAt ?? '')).toBeGreaterThanOrEqual(last)
})

it('waits for one that is a dead letter, and goes on when that is redriven and done', async () => {
  await using queue = await create()
  await using worker = start(queue)
  // the second time it has failed once, as the broker counts
  await queue.publish(fan('j2', [{}, { failures: 1 }]))
  await ledger.becomes('j2.2', 'dead')
  await worker.ended(3)
  const letter = (await until(() => queue.takeDeadLetter(), {
    within: 60,
    what: 'the dead letter',
  })) as GetMessage
  expect(await ledger.status('j2.then')).toBeUndefined()
  // as the operator does, and repaired meanwhile
  await queue.publishRaw(Buffer.from('{}'), republished(letter.properties, {}))
  expect(await ledger.becomes('j2.then', 'done')).toMatchObject({ parent: 'j2' })
  expect(done((await worker.stop()).tries)).toEqual(['j2', 'j2.1', 'j2.2', 'j2.then'])
})

/** What the ledger is asked, as the steps of a join. */
const asks = {
  open: ({ operation, body }: LedgerCall) => operation === 'PutItem' && body.includes('"children"'),
  accept: ({ operation, body }: LedgerCall) =>
    operation === 'BatchWriteItem' && body.includes('"accepted"') && !body.includes('.then"'),
  acceptLast: ({ operation, body }: LedgerCall) => operation === 'BatchWriteItem' && body.includes('.then"'),
  end: ({ operation, body }: LedgerCall) => operation === 'PutItem' && body.includes('"end"'),
  close: ({ body }: LedgerCall) => body.includes('DELETE #open'),
  finish: ({ body }: LedgerCall) => body.includes('SET #sentAt'),
}

/** Every step between the handler's return and the acknowledgement: not done, and done without the worker knowing. */
const crashes = (['accept', 'open', 'end', 'close', 'acceptLast', 'finish'] as const).flatMap((step) =>
  (['refuse', 'swallow'] as const).map((how) => [step, how] as const),
)

describe('a worker that is killed in between', () => {
  it.each(crashes)('heals: at %s (%s)', async (step, how) => {
    await using queue = await create()
    await using first = start(queue)
    const id = `c-${step}-${how}`
    const stuck = Promise.withResolvers<void>()
    ledger.front.treat((call): Treatment => {
      if (!asks[step](call)) return 'pass'
      stuck.resolve()
      return how
    })
    await queue.publish(fan(id, [{}, {}]))
    await stuck.promise
    // what is swallowed is done nevertheless
    if (how === 'swallow')
      await until(() => ledger.front.calls.some(asks[step]), { within: 60, what: 'it is asked' })
    first.kill('SIGKILL')
    await first.exit()
    ledger.front.treat(() => 'pass')
    await using second = start(queue)
    await ledger.becomes(`${id}.then`, 'done', 30)
    await until(async () => (await queue.counts()).ready === 0, { within: 60, what: 'nothing waits' })
    const tries = [...(await first.whole()).tries, ...(await second.stop()).tries]
    // only between the confirm and its record may it be sent twice, as any task between confirm and acknowledgement
    const times = done(tries).filter((each) => each === `${id}.then`).length
    expect(times).toBeGreaterThanOrEqual(1)
    expect(times).toBeLessThanOrEqual(step === 'finish' && how === 'refuse' ? 2 : 1)
    // the line of a task may die with its worker; its end in the ledger does not
    for (const each of [id, `${id}.1`, `${id}.2`])
      expect(await ledger.status(each)).toMatchObject({ state: 'done' })
  })
})

it('a worker without a ledger does none of its tasks, and leaves them for one that has', async () => {
  await using queue = await create()
  await using first = start(queue)
  ledger.front.treat((call) => (asks.end(call) ? 'refuse' : 'pass'))
  await queue.publish(fan('w1', [{}]))
  await ledger.becomes('w1.1', 'accepted')
  await until(async () => (await queue.counts()).ready === 1, { within: 60, what: 'its task is there' })
  await using without = startWorker(bundlesWithout(), queue.environment('worker'))
  const [refused] = await without.ended(1)
  expect(refused).toMatchObject({
    id: 'w1.1',
    outcome: 'unknown-type',
    reason: expect.stringMatching(/no ledger/),
  })
  without.kill('SIGTERM')
  await without.exit()
  ledger.front.treat(() => 'pass')
  await ledger.becomes('w1.then', 'done')
  expect(done((await first.stop()).tries)).toEqual(['w1', 'w1.1', 'w1.then'])
})

it('is a SendError without a ledger', async () => {
  await using queue = await create()
  await using worker = startWorker(bundlesWithout(), queue.environment('worker'))
  await queue.publish(fan('n1', [{}]))
  expect((await worker.ended(1))[0]).toMatchObject({
    outcome: 'failed',
    reason: expect.stringMatching(/SendError: sendAll: this environment keeps no ledger/),
  })
})
