import type { ConsumeMessage } from 'amqplib'
import { expect, test } from 'vitest'
import type { JoinState, WorkerLedger } from '../../services/contract/ledger.ts'
import type { Logger } from '../../services/contract/log.ts'
import { Tenants } from '../../services/contract/tenants.ts'
import { joinHeaders } from '../../services/worker/join.ts'
import { Joins } from '../../services/worker/joins.ts'
import { LedgerLink } from '../../services/worker/ledger-link.ts'
import type { Held } from '../../services/worker/outgoing.ts'

/** What follows a join that a broker does not take: the rest of a fan-in is test/integration/worker-joins.test.ts. */

const none = () => undefined
const log: Logger = { debug: none, info: none, warn: none, error: none }
const headers = joinHeaders('parent', 1, { id: 'parent.then', type: 'all', content: Buffer.from('{}') })
const held = {
  message: { properties: { headers } } as unknown as ConsumeMessage,
  task: { id: 'parent.2', type: 'part' },
  queue: 'tasks',
} as Held

/** A ledger that answers `close` with these in turn, and a broker that refuses so many times. */
function joinsThat(closes: JoinState[], refusals: number) {
  const did: string[] = []
  const ledger = {
    joins: {
      close: async () => closes.shift() ?? 'over',
      finish: async () => void did.push('finish'),
    },
    tries: { accept: async () => undefined },
  } as unknown as WorkerLedger
  const publish = async () => {
    did.push('publish')
    return did.filter((what) => what === 'publish').length > refusals ? undefined : 'the queue is full'
  }
  const link = new LedgerLink(log)
  const placing = { defaultQueue: 'tasks', types: new Map(), tenants: new Tenants() }
  return { did, joins: new Joins({ ledger, link, sender: { publish }, placing, log }) }
}

test('what follows is sent again while its queue is full, and finished once it is in', async () => {
  const { did, joins } = joinsThat(['due'], 2)
  expect(await joins.done(held, new AbortController().signal)).toBeUndefined()
  expect(did).toEqual(['publish', 'publish', 'publish', 'finish'])
})

test('a queue that stays full fails the try, which holds no slot for ever, and the next try sends it', async () => {
  const { did, joins } = joinsThat(['due', 'due'], 5)
  const { signal } = new AbortController()
  expect(await joins.done(held, signal)).toEqual({
    outcome: 'failed',
    reason: 'what follows its join, parent.then, is not sent: the queue is full',
  })
  expect(did).not.toContain('finish')
  expect(await joins.done(held, signal)).toBeUndefined()
  expect(did.slice(5)).toEqual(['publish', 'finish'])
})

test('who is told to go while the queue is full ends as it was told', async () => {
  const leaving = new AbortController()
  const { did, joins } = joinsThat(['due'], 5)
  const done = joins.done(held, leaving.signal)
  leaving.abort({ outcome: 'handed-back' })
  expect(await done).toEqual({ outcome: 'handed-back' })
  expect(did).not.toContain('finish')
})
