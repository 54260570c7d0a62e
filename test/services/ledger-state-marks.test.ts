import { expect, test } from 'vitest'
import type { TaskRecord } from '../../services/contract/ledger.ts'
import { statusOf } from '../../services/contract/ledger-state.ts'

const task = { id: 'a', type: 'sleep' }
const accepted = { ...task, acceptedAt: 1_000 }
const begun = { ...task, tryId: 'one', number: 1, startedAt: 2_000 }
const ended = { ...task, tryId: 'one', tries: 1, startedAt: 2_000, endedAt: 3_000 }
const mark = { id: 'a', at: 4_000 }

/** What an operator has done, beside what workers say. */
test.each<[what: string, record: TaskRecord, state: string]>([
  ['cancelled while it waits', { accepted, cancelled: mark }, 'cancelled'],
  [
    'cancelled between two tries',
    { accepted, try: begun, end: { ...ended, state: 'failed' }, cancelled: mark },
    'cancelled',
  ],
  [
    'cancelled while it runs: its try has not ended yet',
    { accepted, try: begun, cancelled: mark },
    'running',
  ],
  [
    'cancelled and done nevertheless',
    { accepted, try: begun, end: { ...ended, state: 'done' }, cancelled: mark },
    'done',
  ],
  ['cancelled when it was dead', { accepted, end: { ...ended, state: 'dead' }, cancelled: mark }, 'dead'],
  ['redriven', { accepted, end: { ...ended, state: 'dead' }, redriven: mark }, 'accepted'],
  [
    'redriven, and dead again',
    { accepted, end: { ...ended, state: 'dead', endedAt: 5_000 }, redriven: mark },
    'dead',
  ],
  [
    'redriven, then cancelled',
    { accepted, end: { ...ended, state: 'dead' }, redriven: mark, cancelled: mark },
    'cancelled',
  ],
])('%s', (_, record, state) => {
  expect(statusOf('a', record)?.state).toBe(state)
})

test('a cancelled id of which nothing else is known is unknown', () => {
  expect(statusOf('a', { cancelled: mark })).toBeUndefined()
})
