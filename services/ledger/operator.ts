import type { OperatorLedger } from '../contract/ledger.ts'
import { itemOf } from './record.ts'
import type { LedgerTable } from './table.ts'

/** What the operator function writes, in a DynamoDB table that keeps records for so many days. */
export function operatorLedger(table: LedgerTable, days: number): OperatorLedger {
  const mark = (part: 'cancelled' | 'redriven', ids: readonly string[]) => {
    const at = Date.now()
    return table.write([...new Set(ids)].map((id) => itemOf(part, { id, at }, days)))
  }
  return {
    cancel: (ids) => mark('cancelled', ids),
    undo: (ids) => table.remove([...new Set(ids)].map((id) => ({ id, part: 'cancelled' }))),
    redrive: (ids) => mark('redriven', ids),
  }
}
