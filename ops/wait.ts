import { setTimeout as delay } from 'node:timers/promises'

/** Waits, but not beyond a stop. */
export async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined)
}
