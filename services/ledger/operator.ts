import type { OperatorLedger, OperatorMark } from '../contract/ledger.ts'
import { itemOf } from './record.ts'
import type { LedgerTable } from './table.ts'

/** What the operator function writes, in a DynamoDB table that keeps records for so many days. */
export function operatorLedger(table: LedgerTable, days: number): OperatorLedger {
  // a batch may name a key once
  const write = (part: 'cancelled' | 'redriven', marks: readonly OperatorMark[]) =>
    table.write([...new Map(marks.map((mark) => [mark.id, itemOf(part, mark, days)])).values()])
  return {
    cancel: (ids) => {
      const at = Date.now()
      return write(
        'cancelled',
        ids.map((id) => ({ id, at })),
      )
    },
    undo: (ids) => table.remove([...new Set(ids)].map((id) => ({ id, part: 'cancelled' }))),
    redrive: (marks) => write('redriven', marks),
  }
}
