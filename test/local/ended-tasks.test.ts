import { expect, it } from 'vitest'
import { EndedTasks } from '../../local/testing/ended-tasks.ts'
import type { TaskLogLine } from '../../services/contract/log.ts'
import { line } from './lines.ts'

const tries = (...of: readonly Partial<TaskLogLine>[]) => of.map((each, at) => line('slow', 1, at, 1, each))

it.each([
  ['done', tries({}), { outcome: 'done', isDeadLetter: false }],
  ['cancelled', tries({ outcome: 'cancelled', reason: 'x' }), { outcome: 'cancelled', isDeadLetter: false }],
  [
    'a dead letter after its last try',
    tries({ outcome: 'failed', reason: 'a' }, { outcome: 'failed', deliveryCount: 10, reason: 'b' }),
    { outcome: 'failed', reason: 'b', isDeadLetter: true },
  ],
  [
    'a dead letter at once',
    tries({ outcome: 'permanent-failure', reason: 'never' }),
    { outcome: 'permanent-failure', reason: 'never', isDeadLetter: true },
  ],
  ['done after its slices', tries({ goesOn: true }, {}), { outcome: 'done', isDeadLetter: false }],
  ['done after it was put off', tries({ outcome: 'later', laterSeconds: 1 }, {}), { outcome: 'done' }],
])('a task has ended that is %s', async (_, lines, expected) => {
  const tasks = new EndedTasks()
  let over = false
  const ending = tasks.ended('task-1', 20).finally(() => {
    over = true
  })
  for (const each of lines) {
    await new Promise(setImmediate)
    expect(over).toBe(false)
    tasks.record({ msg: 'own', id: 'task-1' })
    tasks.record({ msg: 'another', id: 'task-2' })
    tasks.take(each)
  }
  const end = await ending
  expect(end).toMatchObject(expected)
  expect(end.tries).toEqual(lines)
  expect(end.log).toHaveLength(lines.length)
})

it('a task that does not end is told of with its tries', async () => {
  const tasks = new EndedTasks()
  for (const each of tries({ outcome: 'failed', reason: 'no' }, { outcome: 'handed-back' })) tasks.take(each)
  await expect(tasks.ended('task-1', 0.01)).rejects.toThrow('its tries: failed (no), handed-back')
})
