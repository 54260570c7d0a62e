import { EventEmitter, once } from 'node:events'
import type { TaskLogLine } from '../../../services/contract/log.ts'

/** The workers' lines as they come in. */
export interface Ledger {
  readonly lines: readonly TaskLogLine[]
  add(line: TaskLogLine): void
  /** Ids of the tasks that are done, or were done by one class. */
  done(worker?: string): ReadonlySet<string>
  /**
   * Waits until the condition, asked again at each line, is met. False when it is not within `withinMs`.
   * @throws the signal's reason
   */
  until(condition: () => boolean, withinMs: number, signal: AbortSignal): Promise<boolean>
}

export function createLedger(): Ledger {
  const lines: TaskLogLine[] = []
  const events = new EventEmitter()
  return {
    lines,
    add(line) {
      lines.push(line)
      events.emit('line')
    },
    done: (worker) =>
      new Set(
        lines
          .filter((line) => line.outcome === 'done' && (worker === undefined || line.class === worker))
          .map(({ id }) => id),
      ),
    async until(condition, withinMs, signal) {
      const late = AbortSignal.timeout(withinMs)
      const either = AbortSignal.any([signal, late])
      try {
        while (!condition()) await once(events, 'line', { signal: either })
        return true
      } catch (error) {
        signal.throwIfAborted()
        if (late.aborted) return false
        throw error
      }
    },
  }
}
