import { setTimeout as delay } from 'node:timers/promises'

/** How long {@link until} asks, and for what. */
export interface Wait {
  /** Seconds until it gives up: far more than it should take, since only a failure waits that long. */
  readonly within: number
  /** What is waited for, for the error: `the node serves again`. */
  readonly what: string
}

/**
 * Asks again and again until the condition gives something other than false, null or undefined, and gives that.
 * A condition that throws is asked again.
 *
 * @throws an Error that says what was waited for, with the condition's last error as its cause
 */
export async function until<Value>(
  condition: () => Value | Promise<Value>,
  { within, what }: Wait,
): Promise<Exclude<Value, false | null | undefined>> {
  const deadline = Date.now() + within * 1000
  let cause: unknown
  do {
    try {
      const value = await condition()
      if (value !== false && value !== null && value !== undefined)
        return value as Exclude<Value, false | null | undefined>
      cause = undefined
    } catch (error) {
      cause = error
    }
    await delay(50)
  } while (Date.now() < deadline)
  throw new Error(`still waiting after ${within} s: ${what}`, { cause })
}
