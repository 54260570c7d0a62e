import { setTimeout } from 'node:timers/promises'

/** Time, in milliseconds. */
export interface Clock {
  now(): number
  sleep(ms: number): Promise<unknown>
}

const clock: Clock = { now: () => performance.now(), sleep: (ms) => setTimeout(ms) }

/**
 * Looks at once, and again every `seconds` until a minute is over: no schedule of AWS runs a function more often than
 * once a minute. A look that fails keeps none of the others from being made; one that takes longer than its time takes
 * that of the next as well.
 * @param seconds 1 to 60: at 60 there is one look
 * @param failed told of each failure at once, unless there is one look only: a function that is out of time says no more
 * @throws what the only look threw; an AggregateError, after the last of several, that says how many failed and why
 */
export async function lookForAMinute(
  seconds: number,
  look: () => Promise<void>,
  failed: (error: unknown) => void,
  { now, sleep }: Clock = clock,
): Promise<void> {
  if (seconds >= 60) return look()
  const started = now()
  const errors: unknown[] = []
  let looks = 0
  for (let turn = 0; turn * seconds < 60; ) {
    await sleep(Math.max(0, started + turn * seconds * 1_000 - now()))
    looks += 1
    await look().catch((error: unknown) => {
      errors.push(error)
      failed(error)
    })
    turn = Math.max(turn + 1, Math.ceil((now() - started) / 1_000 / seconds))
  }
  if (errors.length === 0) return
  const reasons = new Set(errors.map(messageOf))
  throw new AggregateError(errors, `${errors.length} of ${looks} looks failed: ${[...reasons].join('; ')}`)
}

export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
