import { expect, test } from 'vitest'
import { clock, timeText } from '../../local/scheduler.ts'

test('this machine’s clock waits until a time, and no longer than the signal lets it', async () => {
  const time = Date.now() + 30
  await clock.until(time, new AbortController().signal)
  expect(clock.now()).toBeGreaterThanOrEqual(time)
  const stopped = new AbortController()
  const waiting = clock.until(Date.now() + 365 * 86_400_000, stopped.signal)
  stopped.abort()
  await expect(waiting).rejects.toThrow(/abort/)
})

test('a time is written as EventBridge Scheduler writes it', () => {
  expect(timeText(Date.UTC(2022, 2, 22, 18, 59, 43, 999))).toBe('2022-03-22T18:59:43Z')
})
