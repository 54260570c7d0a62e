import { expect, inject, test } from 'vitest'
import { nextTime } from '../../local/schedule-times.ts'
import { runSchedules, type SchedulerClock } from '../../local/scheduler.ts'
import { type Schedule, schedule, scheduledRequest } from '../../services/contract/schedule.ts'
import { sleep } from '../../services/tasks/sleep.ts'
import { createLogger } from '../../services/telemetry/logger.ts'
import { startProducer } from '../support/producer.ts'
import { createQueue } from '../support/queue.ts'
import { readTasks } from '../support/read-tasks.ts'

const nightly = schedule({
  name: 'nightly',
  cron: '30 2 * * MON-FRI',
  timeZone: 'Europe/Berlin',
  task: { type: sleep, payload: { ms: 1 }, priority: 9 },
})
const often = schedule({ name: 'often', rate: '1 day', task: { type: sleep, payload: { ms: 2 } } })

/** A clock of which the hands stand where somebody waits for them, until a time is over. */
function clockUntil(start: string, end: string, stop: () => void): SchedulerClock {
  let now = Date.parse(start)
  const last = Date.parse(end)
  return {
    now: () => now,
    async until(time) {
      if (time > last) {
        stop()
        return new Promise(() => undefined)
      }
      now = Math.max(now, time)
    },
  }
}

/** Runs schedules from one time to another, all at once. */
async function run(schedules: readonly Schedule[], endpoint: string, start: string, end: string) {
  const stopped = new AbortController()
  const lines: { readonly msg: string; readonly level: string }[] = []
  const log = createLogger('info', (line) => lines.push(JSON.parse(line)))
  const over = schedules.map((each) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    void runSchedules([each], endpoint, log, stopped.signal, clockUntil(start, end, resolve))
    return promise
  })
  await Promise.all(over)
  stopped.abort()
  return lines
}

test('what is due is sent, and its id has the time', async () => {
  await using queue = await createQueue(inject('broker'))
  await using producer = await startProducer(inject('bundles'), queue.environment('producer'))
  await run([nightly, often], producer.url, '2026-11-27T12:00:00Z', '2026-12-01T12:00:00Z')
  const tasks = await readTasks(queue)
  expect(tasks.map(({ id, payload, priority }) => [id, payload, priority]).toSorted()).toEqual(
    [
      ['nightly:2026-11-30T01:30:00Z', { ms: 1 }, 9],
      ['nightly:2026-12-01T01:30:00Z', { ms: 1 }, 9],
      ...['11-28', '11-29', '11-30', '12-01'].map((day) => [`often:2026-${day}T00:00:00Z`, { ms: 2 }, 4]),
    ].toSorted(),
  )
})

test('the producer that is invoked twice for one time sends the same task twice, and no second one', async () => {
  await using queue = await createQueue(inject('broker'))
  await using producer = await startProducer(inject('bundles'), queue.environment('producer'))
  const event = scheduledRequest(nightly, '2026-11-30T01:30:00Z')
  const answer = { ids: ['nightly:2026-11-30T01:30:00Z'] }
  expect(await producer.invoke(event)).toEqual(answer)
  expect(await producer.invoke(event)).toEqual(answer)
  // as what runs on one machine would call it
  expect(nextTime(nightly, Date.parse('2026-11-29T12:00:00Z'))).toBe(Date.parse('2026-11-30T01:30:00Z'))
  expect((await readTasks(queue)).map(({ id }) => id)).toEqual([...answer.ids, ...answer.ids])
})

test('a task that is not accepted is tried again, and then told of; the next time comes all the same', async () => {
  await using queue = await createQueue(inject('broker'))
  await using producer = await startProducer(inject('bundles'), queue.environment('producer'))
  const refused = { ...nightly, task: { ...nightly.task, payload: { ms: -1 } } }
  const lines = await run([refused], producer.url, '2026-11-29T12:00:00Z', '2026-12-01T00:00:00Z')
  expect(lines).toEqual([
    expect.objectContaining({ msg: 'scheduled', next: '2026-11-30T01:30:00Z' }),
    expect.objectContaining({
      level: 'error',
      msg: 'a scheduled task was not sent',
      id: 'nightly:2026-11-30T01:30:00Z',
      reason: expect.stringMatching(/answered 400/),
    }),
    expect.objectContaining({ msg: 'scheduled', next: '2026-12-01T01:30:00Z' }),
  ])
  expect(await readTasks(queue)).toEqual([])
})
