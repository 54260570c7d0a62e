import { type JoinLedger, joinPartition } from '../contract/ledger.ts'
import { expiresAfter } from './record.ts'
import type { Condition, ItemKey, LedgerTable } from './table.ts'

/** What is open of the tasks that `sendAll` has sent, as a set of indexes: to close one twice changes nothing. */
export function joinLedger(table: LedgerTable, days: number): JoinLedger {
  const expires = () => expiresAfter(86_400 * days)
  return {
    async open(parent, children, dueAt = 0) {
      const open = new Set(Array.from({ length: children }, (_, index) => index))
      // those that are done early must not shorten the time of one that is due long after them
      const laterSeconds = Math.max(0, Math.ceil((dueAt - Date.now()) / 1_000))
      const join = { ...keyOf(parent), open, children, laterSeconds, expires: expires() + laterSeconds }
      await table.put(join, unlessOpened(children))
    },
    async close(parent, index) {
      const join = await table.update(
        keyOf(parent),
        // an older version has opened some without `laterSeconds`
        'DELETE #open :index SET #expires = :expires + if_not_exists(#later, :none)',
        existing(
          { '#open': 'open', '#expires': 'expires', '#later': 'laterSeconds' },
          { ':index': new Set([index]), ':expires': expires(), ':none': 0 },
        ),
      )
      if (join === undefined) return 'gone'
      // DynamoDB keeps no empty set
      if (join['open'] !== undefined) return 'open'
      return join['sentAt'] === undefined ? 'due' : 'over'
    },
    async finish(parent) {
      await table.update(
        keyOf(parent),
        'SET #sentAt = :now',
        existing({ '#sentAt': 'sentAt' }, { ':now': Date.now() }),
      )
    },
  }
}

const keyOf = (parent: string): ItemKey => ({ id: joinPartition(parent), part: 'join' })

/** A repeated try finds its join as it is. One that sends more or fewer tasks than the one before counts anew. */
function unlessOpened(children: number): Condition {
  return {
    expression: 'attribute_not_exists(#id) OR #expires <= :now OR #children <> :children',
    names: { '#id': 'id', '#expires': 'expires', '#children': 'children' },
    values: { ':now': Math.floor(Date.now() / 1_000), ':children': children },
  }
}

function existing(names: Condition['names'], values: NonNullable<Condition['values']>): Condition {
  return { expression: 'attribute_exists(#id)', names: { '#id': 'id', ...names }, values }
}
