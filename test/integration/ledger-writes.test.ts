import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LedgerProcess, startLedger } from '../../local/ledger-process.ts'
import type { TaskEnd } from '../../services/contract/ledger.ts'
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
