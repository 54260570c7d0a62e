import { setTimeout } from 'node:timers/promises'
import { createClient } from '../client/src/client.ts'
import type { Logger } from '../services/contract/log.ts'
import { type Schedule, scheduledRequest } from '../services/contract/schedule.ts'
import { nextTime } from './schedule-times.ts'

/** What tells the time, in milliseconds since 1970. */
export interface SchedulerClock {
  now(): number
  /** @throws AbortError when the signal fires before */
  until(time: number, signal: AbortSignal): Promise<void>
}

/** This machine's. A timer stands still while the machine sleeps, so none is longer than ten seconds. */
export const clock: SchedulerClock = {
  now: () => Date.now(),
  async until(time, signal) {
    for (let left = time - Date.now(); left > 0; left = time - Date.now())
      await setTimeout(Math.min(left, 10_000), undefined, { signal })
  },
}

/**
 * Does on this machine what EventBridge Scheduler does: sends each schedule's task to the producer when it is due, until
 * the signal fires. What was due while nothing ran is not made up for.
 */
export async function runSchedules(
  schedules: readonly Schedule[],
  endpoint: string,
  log: Logger,
  signal: AbortSignal,
  { now, until }: SchedulerClock = clock,
): Promise<void> {
  const run = async (schedule: Schedule) => {
    let due = nextTime(schedule, now())
    while (due !== undefined) {
      log.info('scheduled', { schedule: schedule.name, next: timeText(due) })
      await until(due, signal)
      await send(schedule, due, endpoint, log, signal)
      due = nextTime(schedule, Math.max(due, now()))
    }
  }
  try {
    await Promise.all(schedules.map(run))
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

async function send(
  schedule: Schedule,
  due: number,
  endpoint: string,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const request = scheduledRequest(schedule, timeText(due))
  try {
    await createClient({ endpoint }).sendBatch([request], { signal })
  } catch (error) {
    signal.throwIfAborted()
    const reason = error instanceof Error ? error.message : String(error)
    log.error('a scheduled task was not sent', { id: request.id, reason })
  }
}

/** As EventBridge Scheduler writes it: `2026-11-30T02:30:00Z`. */
export const timeText = (time: number) => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')
