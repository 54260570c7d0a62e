import { Cron } from 'croner'
import { parseRate, type When } from '../services/contract/schedule.ts'

/**
 * When a schedule is due next, in milliseconds since 1970.
 * A time that clocks leave out when they go forward is left out, as by EventBridge Scheduler; croner would take the
 * moment to which they go. A rate counts from 1970: AWS counts from when it made the schedule.
 * @param after milliseconds since 1970
 * @returns undefined when there is none
 */
export function nextTime({ cron, rate, timeZone = 'UTC' }: When, after: number): number | undefined {
  if (cron === undefined) {
    const period = parseRate(rate)
    return period && (Math.floor(after / period) + 1) * period
  }
  const times = new Cron(cron, { timezone: timeZone, paused: true })
  let next = times.nextRun(new Date(after))
  while (next !== null && !times.match(next)) next = times.nextRun(next)
  return next?.getTime()
}
