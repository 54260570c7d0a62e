import { setTimeout as delay } from 'node:timers/promises'

/** Closes a channel or connection, but does not wait for ever: a broker that blocks the connection reads nothing. */
export async function closeInTime(open: { close(): Promise<void> }): Promise<void> {
  const closed = open.close().catch(() => undefined)
  await Promise.race([closed, delay(2_000, undefined, { ref: false })])
}
