import { expect, test } from 'vitest'
import { type TaskEnd, type TaskRecord, taskStatus } from '../../services/contract/ledger.ts'
import { statusOf } from '../../services/contract/ledger-state.ts'

const id = 'a'
const at = (seconds: number) => new Date(1_000 * seconds).toISOString()
const accepted = { id, type: 'sleep', acceptedAt: 1_000 }
const begun = (tryId: string, number = 1) => ({ id, type: 'sleep', tryId, number, startedAt: 4_000 })
const ended = (state: TaskEnd['state'], tryId?: string, tries = tryId ? 1 : 0): TaskEnd => ({
  id,
  type: 'sleep',
  state,
  tryId,
  tries,
  ...(tryId ? { startedAt: 2_000 } : {}),
  endedAt: 3_000,
})

const waiting = { acceptedAt: at(1) }
const running = { acceptedAt: at(1), startedAt: at(4) }
const over = { acceptedAt: at(1), startedAt: at(2), endedAt: at(3) }

test.each<[what: string, record: TaskRecord, expected: object]>([
  ['accepted', { accepted }, { state: 'accepted', tries: 0, ...waiting }],
  ['begun', { accepted, try: begun('one') }, { state: 'running', tries: 1, ...running }],
  [
    'failed',
    { accepted, try: begun('one'), end: ended('failed', 'one') },
    { state: 'failed', tries: 1, ...over },
  ],
  [
    'failed, then begun again',
    { accepted, try: begun('two', 2), end: ended('failed', 'one') },
    { state: 'running', tries: 2, ...running },
  ],
  [
    'failed, in a second try that was over before it was recorded as begun',
    { accepted, try: { ...begun('one'), startedAt: 1_500 }, end: ended('failed', 'two', 2) },
    { state: 'failed', tries: 2, ...over },
  ],
  [
    'handed back',
    { accepted, try: begun('one'), end: ended('accepted', 'one') },
    { state: 'accepted', tries: 1, ...over },
  ],
  [
    'dead',
    { accepted, try: begun('ten', 10), end: ended('dead', 'ten', 10) },
    { state: 'dead', tries: 10, ...over },
  ],
  [
    'redriven, and begun again',
    { accepted, try: begun('new'), end: ended('dead', 'ten', 10) },
    { state: 'running', tries: 1, ...running },
  ],
  ['done', { accepted, try: begun('one'), end: ended('done', 'one') }, { state: 'done', tries: 1, ...over }],
  [
    'done, then begun again by a late second delivery',
    { accepted, try: begun('late', 2), end: ended('done', 'one') },
    { state: 'done', tries: 1, ...over },
  ],
  [
    'cancelled while it waits',
    { accepted, end: ended('cancelled') },
    { state: 'cancelled', tries: 0, ...waiting, endedAt: at(3) },
  ],
  [
    'sent by a foreign client',
    { try: begun('one') },
    { state: 'running', tries: 1, acceptedAt: at(4), startedAt: at(4) },
  ],
  [
    'its acceptance has expired',
    { end: ended('done', 'one') },
    { state: 'done', tries: 1, acceptedAt: at(2), startedAt: at(2), endedAt: at(3) },
  ],
])('%s', (_what, record, expected) => {
  const status = statusOf(id, record)
  expect(status).toEqual({ id, type: 'sleep', ...expected })
  expect(taskStatus.parse(status)).toEqual(status)
})

test('of what handlers say, that of the last try is shown', () => {
  const progress = { id, tryId: 'one', value: 0.4, note: 'half of half' }
  expect(statusOf(id, { accepted, try: begun('one'), progress })).toHaveProperty('progress', {
    value: 0.4,
    note: 'half of half',
  })
  expect(statusOf(id, { accepted, try: begun('two', 2), progress })).not.toHaveProperty('progress')
  const record = { accepted, try: begun('late', 2), progress, end: ended('done', 'one') }
  expect(statusOf(id, record)).toHaveProperty('progress')
})

test('result, reason and parent', () => {
  const end = { ...ended('done', 'one'), result: '{"pages":[1,null]}', reason: 'why', parent: 'b' }
  expect(statusOf(id, { end })).toMatchObject({ result: { pages: [1, null] }, reason: 'why', parent: 'b' })
})

test('an id of which nothing is known', () => {
  expect(statusOf(id, {})).toBeUndefined()
  expect(statusOf(id, { progress: { id, tryId: 'one', value: 1 } })).toBeUndefined()
})
