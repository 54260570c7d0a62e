import type { Logger } from '../contract/log.ts'
import type { TryEvents } from './slot.ts'

/** From when on a try is worth a line while it runs, in milliseconds. */
const lastingMs = 250

/** Writes `running` at level debug for each try that lasts: whoever watches sees it, and short tasks cost nothing. */
export function lastingTries(log: Logger): TryEvents {
  const timers: NodeJS.Timeout[] = []
  return {
    began(slot) {
      const startedAt = new Date()
      timers[slot] = setTimeout(() => log.debug('running', { slot, startedAt }), lastingMs)
    },
    ended: ({ slot }) => clearTimeout(timers[slot]),
  }
}
