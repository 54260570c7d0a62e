import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { operatorEnvironment, parseEnvironment } from '../../services/contract/environment.ts'
import type { OperatorLedger } from '../../services/contract/ledger.ts'
import { OperatorFunction } from '../../services/operator/operate.ts'
import { createLogger } from '../../services/telemetry/logger.ts'
import { createQueue } from '../support/queue.ts'
import { recordedTasks } from '../support/recorded-tasks.ts'
import { createLedger, type TestLedger } from '../support/test-ledger.ts'
import { startWorker } from '../support/worker-process.ts'
import { workerWith } from '../support/worker-with.ts'

/** What an operator does shows in the ledger. */

const bundles = workerWith(recordedTasks, { ledger: true })
let ledger: TestLedger
beforeAll(async () => {
  ledger = await createLedger()
})
afterAll(() => ledger[Symbol.asyncDispose]())

const create = () => createQueue(inject('broker'), { workerPublishes: true, retryMinSeconds: 0.1 })
type Queue = Awaited<ReturnType<typeof create>>
const start = (queue: Queue) =>
  startWorker(bundles(), { ...queue.environment('worker'), ...ledger.variables })
const operatorOf = (queue: Queue, itsLedger = ledger.operator) =>
  new OperatorFunction(
    parseEnvironment(operatorEnvironment, queue.environment('operator')),
    createLogger('error'),
    itsLedger,
  )

it('cancelled: at once for what waits, as its outcome for what runs, and undone', async () => {
  await using queue = await create()
  await using worker = start(queue)
  const operator = operatorOf(queue)
  await queue.publish({ id: 'f', type: 'fan', payload: { parts: [{ ms: 60_000 }, {}, {}] } })
  await ledger.becomes('f.1', 'running')
  const cancel = (ids: string[], undo = false) => operator.handle({ action: 'cancel', ids, undo })
  await cancel(['f.2', 'f.3', 'unknown'])
  expect(await ledger.status('f.2')).toMatchObject({ state: 'cancelled', tries: 0, parent: 'f' })
  expect(await ledger.status('unknown')).toBeUndefined()
  await cancel(['f.3'], true)
  expect(await ledger.status('f.3')).toMatchObject({ state: 'accepted' })
  await cancel(['f.1'])
  expect(await ledger.becomes('f.1', 'cancelled')).toMatchObject({
    tries: 1,
    reason: 'cancelled by an operator',
  })
  expect(await ledger.becomes('f.3', 'done')).toMatchObject({ result: 'part' })
  expect((await worker.ended(4)).map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
    'f done',
    'f.1 cancelled',
    'f.2 cancelled',
    'f.3 done',
  ])
  // two are not done: nothing follows
  expect(await ledger.status('f.then')).toBeUndefined()
  expect(await ledger.status('f.2')).toMatchObject({ state: 'cancelled' })
})

it('redriven: what was dead waits again, and is done', async () => {
  await using queue = await create()
  {
    await using worker = start(queue)
    await queue.publish({ id: 'd', type: 'answer', payload: { failures: 1, permanent: true } })
    await worker.ended(1)
  }
  expect(await ledger.status('d')).toMatchObject({ state: 'dead' })
  const operator = operatorOf(queue)
  const redrive = () => operator.handle({ action: 'redrive', dryRun: false })
  await expect.poll(redrive).toMatchObject({ moved: 1 })
  expect(await ledger.status('d')).toMatchObject({ state: 'accepted', tries: 1 })
  await using worker = start(queue)
  await worker.ended(1)
  expect(await ledger.status('d')).toMatchObject({ state: 'dead', tries: 1 })
})

it('redriven, and dead again before the operator has told the ledger: it is dead', async () => {
  await using queue = await create()
  await using worker = start(queue)
  await queue.publish({ id: 'again', type: 'answer', payload: { failures: 1, permanent: true } })
  await worker.ended(1)
  const slow: OperatorLedger = {
    ...ledger.operator,
    async redrive(marks) {
      if (marks.length > 0) await worker.ended(2)
      await ledger.operator.redrive(marks)
    },
  }
  const operator = operatorOf(queue, slow)
  const redrive = () => operator.handle({ action: 'redrive', dryRun: false, limit: 1 })
  await expect.poll(redrive).toMatchObject({ moved: 1 })
  expect(await ledger.status('again')).toMatchObject({ state: 'dead' })
})
