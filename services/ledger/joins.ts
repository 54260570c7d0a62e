import { type JoinLedger, joinPartition } from '../contract/ledger.ts'
import { expiresAfter } from './record.ts'
import type { Condition, ItemKey, LedgerTable } from './table.ts'

/** What is open of the tasks that `sendAll` has sent, as a set of indexes: to close one twice changes nothing. */
export function joinLedger(table: LedgerTable, days: number): JoinLedger {
  const expires = () => expiresAfter(86_400 * days)
  return {
    async open(parent, children) {
      const open = new Set(Array.from({ length: children }, (_, index) => index))
      await table.put({ ...keyOf(parent), open, children, expires: expires() }, unlessOpened(children))
    },
    async close(parent, index) {
      const join = await table.update(
        keyOf(parent),
        'DELETE #open :index SET #expires = :expires',
        existing(
          { '#open': 'open', '#expires': 'expires' },
          { ':index': new Set([index]), ':expires': expires() },
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
