import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LedgerProcess, startLedger } from '../../local/ledger-process.ts'
import { LedgerRefusalError, type TaskEnd } from '../../services/contract/ledger.ts'
import { joinLedger } from '../../services/ledger/joins.ts'
import { recordOf } from '../../services/ledger/record.ts'
import { LedgerTable } from '../../services/ledger/table.ts'
import { tryLedger } from '../../services/ledger/tries.ts'

/** What workers write, by the conditions that DynamoDB checks. */

const days = 1
let ledger: LedgerProcess
let table: LedgerTable
beforeAll(async () => {
  ledger = await startLedger()
  const { LEDGER_TABLE: name, LEDGER_ENDPOINT: endpoint } = ledger.variables
  table = new LedgerTable({ name, endpoint, deadlineMs: 5_000 })
})
afterAll(async () => {
  table.close()
  await ledger.stop()
})

test('a try that is done has the say over one beside it that was taken for the last', async () => {
  const { end } = tryLedger(table, days)
  const ends = (tryId: string, state: TaskEnd['state'], startedAt: number, endedAt: number) =>
    end({ id: 'overlap', type: 'any', tries: 1, tryId, state, startedAt, endedAt })
  expect(await ends('lost its connection', 'dead', 1_000, 3_000)).toBe('written')
  expect(await ends('failed beside it', 'failed', 2_000, 4_000)).toBe('finished')
  expect(await ends('done beside it', 'done', 2_000, 5_000)).toBe('written')
  expect(await ends('late', 'dead', 6_000, 7_000)).toBe('finished')
  expect(recordOf(await table.read('overlap')).end).toMatchObject({ tryId: 'done beside it' })
})

test('a join is kept for its days from when the last of its tasks is due, also when others are done before', async () => {
  const joins = joinLedger(table, days)
  const now = Date.now() / 1_000
  const expiresIn = async (parent: string) => {
    const [join] = await table.read(`join#${parent}`)
    return Math.round(((join?.expires ?? 0) - now) / 3_600) / 24
  }
  await joins.open('later', 2, Date.now() + 7 * 86_400_000)
  expect(await expiresIn('later')).toBe(8)
  expect(await joins.close('later', 0)).toBe('open')
  expect(await expiresIn('later')).toBe(8)
  await joins.open('now', 2)
  expect(await joins.close('now', 0)).toBe('open')
  expect(await expiresIn('now')).toBe(1)
  // as an older version has opened it
  await table.write([
    { id: 'join#older', part: 'join', open: new Set([0, 1]), children: 2, expires: now + 60 },
  ])
  expect(await joins.close('older', 1)).toBe('open')
  expect(await expiresIn('older')).toBe(1)
})

test('what DynamoDB will never take is refused, by every way of writing, and a table that is away is not', async () => {
  const { end } = tryLedger(table, days)
  const tooLong = 'x'.repeat(500_000)
  const ended: TaskEnd = { id: 'a', type: 'any', tries: 1, state: 'done', endedAt: 1, result: tooLong }
  await expect(end(ended)).rejects.toThrow(LedgerRefusalError)
  const nameless = { id: '', part: 'accepted', expires: 1 } as const
  await expect(table.write([nameless])).rejects.toThrow(LedgerRefusalError)
  const always = { expression: 'attribute_not_exists(#id)', names: { '#id': 'id' }, values: { ':n': 1 } }
  await expect(table.put(nameless, always)).rejects.toThrow(LedgerRefusalError)
  const nowhere = new LedgerTable({
    name: 'none',
    endpoint: ledger.variables.LEDGER_ENDPOINT,
    deadlineMs: 5_000,
  })
  const asked = tryLedger(nowhere, days).end({ ...ended, result: '1' })
  await expect(asked).rejects.not.toThrow(LedgerRefusalError)
  nowhere.close()
})
