import { setTimeout } from 'node:timers/promises'

/** Time, in milliseconds since 1970. */
export interface Clock {
  now(): number
  sleep(ms: number): Promise<unknown>
}

const clock: Clock = { now: () => Date.now(), sleep: (ms) => setTimeout(ms) }

/** No look begins later in a run, so that it is over before the next run starts. */
export const lastLookSeconds = 55

/** How far into a period its look is, as a part of it. */
const intoPeriod = 0.2

/**
 * Looks once now, and then soon after the start of each of CloudWatch's periods, until the minute is over. (AWS starts
 * a function on a schedule at most once a minute.) So every period has a look although runs start some seconds early or
 * late: alarms need many periods in a row. After a look that fails the others are still made. A look that takes too
 * long replaces those that it delays.
 * @param seconds 1 to 60: at 60 there is one look
 * @param failed told of each failure at once, except when there is only one look: a function that runs out of time
 * could not tell later
 * @throws what the only look threw; an AggregateError, after the last of several, that says how many failed and why
 */
export async function lookForAMinute(
  seconds: number,
  look: () => Promise<void>,
  failed: (error: unknown) => void,
  { now, sleep }: Clock = clock,
): Promise<void> {
  if (seconds >= 60) return look()
  const errors: unknown[] = []
  const started = now()
  const periodAt = (time: number) => Math.floor(time / 1_000 / seconds)
  const timeOf = (period: number) => 1_000 * seconds * (period + intoPeriod)
  let [looks, at, period] = [0, started, periodAt(started)]
  while (at - started < 1_000 * lastLookSeconds) {
    await sleep(Math.max(0, at - now()))
    looks += 1
    await look().catch((error: unknown) => {
      errors.push(error)
      failed(error)
    })
    period = Math.max(period + 1, periodAt(now()))
    if (timeOf(period) < now()) period += 1
    at = timeOf(period)
  }
  if (errors.length === 0) return
  const reasons = new Set(errors.map(messageOf))
  throw new AggregateError(errors, `${errors.length} of ${looks} looks failed: ${[...reasons].join('; ')}`)
}

export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
