import type { TaskEnd, TryLedger } from '../contract/ledger.ts'
import { itemOf } from './record.ts'
import { SharedBatches } from './shared-batches.ts'
import type { Condition, LedgerTable } from './table.ts'

/** What workers write of tries, in a DynamoDB table that keeps records for so many days. */
export function tryLedger(table: LedgerTable, days: number): TryLedger {
  const batches = new SharedBatches(table)
  return {
    accept: (tasks) => table.write(tasks.map((task) => itemOf('accepted', task, days))),
    begin: (begun) => batches.write(itemOf('try', begun, days)),
    progress: (progress) => batches.write(itemOf('progress', progress, days)),
    async end(end) {
      const item = { ...itemOf('end', end, days), since: sinceOf(end) }
      return (await table.put(item, unlessFinished(end))) ? 'written' : 'finished'
    },
  }
}

/** From when on it speaks of the task: of two tries, the one that began last has the say. */
const sinceOf = ({ startedAt, endedAt }: TaskEnd) => startedAt ?? endedAt

/**
 * What is done or cancelled stays so. What is dead goes on with a try that began later: it was redriven. It also gives
 * way to one that is done: a worker that lost its connection in the last try, as it counts, cannot tell the broker so,
 * and meanwhile another one does the task. Anything else gives way to a later try, and to one that is done. The same
 * end may be written again.
 */
function unlessFinished(end: TaskEnd): Condition {
  const { state, tryId } = end
  const isDone = state === 'done'
  const ways = [
    'attribute_not_exists(#id)',
    '#expires <= :now',
    ...(isDone
      ? ['#state IN (:accepted, :failed, :dead)']
      : ['#state IN (:accepted, :failed) AND #since <= :since', '#state = :dead AND #endedAt < :since']),
    ...(tryId === undefined ? [] : ['#tryId = :tryId']),
  ]
  return {
    expression: ways.map((way) => `(${way})`).join(' OR '),
    names: {
      ...{ '#id': 'id', '#expires': 'expires', '#state': 'state' },
      // DynamoDB refuses names and values that are not used
      ...(isDone ? {} : { '#since': 'since', '#endedAt': 'endedAt' }),
      ...(tryId === undefined ? {} : { '#tryId': 'tryId' }),
    },
    values: {
      ...{ ':accepted': 'accepted', ':failed': 'failed', ':dead': 'dead' },
      ':now': Math.floor(Date.now() / 1_000),
      ...(isDone ? {} : { ':since': sinceOf(end) }),
      ...(tryId === undefined ? {} : { ':tryId': tryId }),
    },
  }
}
