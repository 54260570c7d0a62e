import { expect, test } from 'vitest'
import { cancelledSeconds, maxCancelled } from '../../services/contract/cancelled.ts'
import { changed } from '../../services/operator/cancel.ts'
import { operatorRequest } from '../../services/operator/request.ts'
import { Cancelled } from '../../services/worker/cancelled.ts'

const now = Date.UTC(2026, 5, 1)
const until = now + cancelledSeconds * 1_000
const listOf = (...ids: string[]) => ({ version: 7, tasks: ids.map((id) => ({ id, until: now + 1 })) })
const idsOf = ({ next }: ReturnType<typeof changed>) => next.tasks.map(({ id }) => id)

test('an id stays for eight days from when it was last cancelled, and then leaves', () => {
  const again = changed(listOf('a', 'b'), ['a', 'c', 'c'], false, now)
  expect(again.next.tasks).toEqual([
    { id: 'b', until: now + 1 },
    { id: 'a', until },
    { id: 'c', until },
  ])
  expect(idsOf(changed(again.next, ['d'], false, now + 1))).toEqual(['a', 'c', 'd'])
  expect(idsOf(changed(again.next, ['d'], false, until))).toEqual(['d'])
})

test('what is undone leaves, whether it was there or not', () => {
  expect(idsOf(changed(listOf('a', 'b'), ['a', 'unknown'], true, now))).toEqual(['b'])
})

test('each list has a higher version, whatever the clock says', () => {
  expect(changed({ version: now + 5, tasks: [] }, ['a'], false, now).next.version).toBe(now + 6)
  expect(changed(listOf(), ['a'], false, now).next.version).toBe(now)
})

test('over its bound the oldest leave, and are counted', () => {
  const full = listOf(...Array.from({ length: maxCancelled }, (_, at) => `task-${at}`))
  const { next, gone } = changed(full, ['new'], false, now)
  expect([next.tasks.length, next.tasks[0]?.id, gone]).toEqual([maxCancelled, 'task-1', 1])
})

test.each([
  ['no ids', { ids: [] }, 'ids'],
  ['an id that none can be', { ids: ['a b'] }, 'ids.0'],
  ['too many', { ids: Array.from({ length: maxCancelled + 1 }, (_, at) => `${at}`) }, 'ids'],
  ['an undo that is none', { ids: ['a'], undo: 'yes' }, 'undo'],
])('a request with %s is refused, and says what is wrong', (_, request, field) => {
  const { error } = operatorRequest.safeParse({ action: 'cancel', ...request })
  expect(error?.issues.map(({ path }) => path.join('.'))).toEqual([field])
})

test('a worker goes by the newest list that it has seen, until an id’s time is over', () => {
  let changes = 0
  const cancelled = new Cancelled(() => {
    changes += 1
  })
  const soon = Date.now() + 60_000
  cancelled.set({
    version: 2,
    tasks: [
      { id: 'a', until: soon },
      { id: 'past', until: Date.now() - 1 },
    ],
  })
  cancelled.set({ version: 1, tasks: [{ id: 'b', until: soon }] })
  expect(['a', 'b', 'past'].map((id) => cancelled.has(id))).toEqual([true, false, false])
  cancelled.set({ version: 3, tasks: [] })
  expect(cancelled.has('a')).toBe(false)
  expect(changes).toBe(2)
})
