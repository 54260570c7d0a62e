import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { Outcome } from '../../services/contract/log.ts'

/** What one task met, in milliseconds since 1970: lab/checker/README.md says what each means. */
interface TaskEvent {
  readonly at: number
  readonly id: string
  readonly by: string
}

export type HistoryEvent =
  | { readonly event: 'run'; readonly at: number; readonly deliveryLimit: number }
  | ({ readonly event: 'sent'; readonly due?: number | undefined } & TaskEvent)
  | ({ readonly event: 'confirmed' | 'unconfirmed' | 'done'; readonly since: number } & TaskEvent)
  | ({ readonly event: 'ended'; readonly outcome: Outcome } & TaskEvent)
  | ({ readonly event: 'dead'; readonly reason: string } & TaskEvent)
  | ({ readonly event: 'begun' | 'cancelled' } & TaskEvent)
  | {
      readonly event: 'fault'
      readonly at: number
      readonly kind: string
      readonly from: number
      readonly to: number
      readonly touched: readonly string[] | 'all'
    }

/** Writes an event down. */
export type Note = (event: HistoryEvent) => void

/** A history file, for a checker that knows nothing of us. */
export function historyFile(path: string): { readonly note: Note; close(): Promise<void> } {
  const stream = createWriteStream(path)
  return {
    note: (event) => void stream.write(`${JSON.stringify(event)}\n`),
    async close() {
      stream.end()
      await finished(stream)
    },
  }
}
