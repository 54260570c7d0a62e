import type {
  AcceptedTask,
  BegunTry,
  LedgerPart,
  OperatorMark,
  TaskEnd,
  TaskRecord,
  TryProgress,
} from '../contract/ledger.ts'
import type { ItemKey, LedgerItem } from './table.ts'

/** What is written of a task: one of its parts. */
interface Parts {
  readonly accepted: AcceptedTask
  readonly try: BegunTry
  readonly progress: TryProgress
  readonly end: TaskEnd
  readonly cancelled: OperatorMark
  readonly redriven: OperatorMark
}

/** When something that is kept for so long from a time on expires. @param from milliseconds since 1970 */
export const expiresAfter = (seconds: number, from = Date.now()) => Math.ceil(from / 1_000 + seconds)

/** One part of a task's record as an item, kept for so many days from now on or, of a task for later, from then on. */
export function itemOf<Part extends LedgerPart>(part: Part, facts: Parts[Part], days: number): LedgerItem {
  const from = Math.max(Date.now(), 'dueAt' in facts ? (facts.dueAt ?? 0) : 0)
  return { ...facts, part, expires: expiresAfter(86_400 * days, from) }
}

/** The record that items of one id make. */
export function recordOf(items: readonly LedgerItem[]): TaskRecord {
  // nothing but our own code writes them
  return Object.fromEntries(items.map((item) => [item.part satisfies ItemKey['part'], item])) as TaskRecord
}
