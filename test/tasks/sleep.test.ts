import { expect, test } from 'vitest'
import { runTask } from '../../local/testing/run-task.ts'
import { sleep } from '../../services/tasks/sleep.ts'

test('sleep ends when its time is over', async () => {
  const { outcome, reason } = await runTask(sleep, { ms: 1 })
  expect(outcome, reason).toBe('done')
})

test('sleep wakes up when its time limit strikes', async () => {
  expect(await runTask(sleep, { ms: 60_000 }, { timeoutSeconds: 0.01 })).toMatchObject({
    outcome: 'timed-out',
  })
})

test('sleep cannot take less than no time', async () => {
  expect(await runTask(sleep, { ms: -1 })).toMatchObject({ outcome: 'unreadable' })
})
