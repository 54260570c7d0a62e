import { expect, test } from 'vitest'
import { describeTask } from '../../local/task-printer.ts'
import { taskLine } from '../ops/deployed.ts'

const failed = { outcome: 'failed', reason: 'TypeError: fetch failed\n    at once' } as const

test.each([
  ['a done task', {}, 'done'],
  ['one that was done at last', { deliveryCount: 2 }, 'done (try 3 of 11)'],
  [
    'a failed try, with its cause in the same line',
    failed,
    'failed (try 1 of 11): TypeError: fetch failed at once',
  ],
  [
    'the last try',
    { ...failed, deliveryCount: 10 },
    'failed (try 11 of 11), now a dead letter: TypeError: fetch failed at once',
  ],
  [
    'a failure for good',
    { outcome: 'permanent-failure', reason: 'PermanentTaskError: no such image' } as const,
    'permanent-failure (try 1 of 11), now a dead letter: PermanentTaskError: no such image',
  ],
])('the line of %s', (_, others, end) => {
  const line = describeTask(taskLine('task-1', 'fast', others), true)
  expect(line).toMatch(/^\d\d:\d\d:\d\d fast \S+ task-1 \d+ ms /)
  expect(line.replace(/^.* ms /, '')).toBe(end)
})

test('with automatic acknowledgement nothing comes back, and nothing becomes a dead letter', () => {
  const line = describeTask(taskLine('task-1', 'fast', { ...failed, deliveryCount: 10 }), false)
  expect(line.replace(/^.* ms /, '')).toBe('failed: TypeError: fetch failed at once')
})
