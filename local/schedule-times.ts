import { Cron } from 'croner'
import { parseCron, weekdayNames } from '../services/contract/cron.ts'
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
  const times = new Cron(inNumbers(cron), { timezone: timeZone, paused: true })
  let next = times.nextRun(new Date(after))
  while (next !== null && !times.match(next)) next = times.nextRun(next)
  return next?.getTime()
}

/**
 * Read once, for AWS and for here: croner takes `SUN` at the end of a range for 7, so that its `0-SUN` is every day.
 * @throws Error for what the checks refuse
 */
function inNumbers(cron: string): string {
  const times = parseCron(cron)
  if (times === undefined) throw new Error(`no cron: ${cron}`)
  const { minutes, hours, days, months, weekdays } = times
  // where both are lists, cron takes either
  const [day, weekday] = weekdays.length < weekdayNames.length ? ['*', weekdays] : [days, '*']
  return [minutes, hours, day, months, weekday].join(' ')
}
