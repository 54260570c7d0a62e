import type { OutgoingTask } from '../amqp/batch.ts'
import type { Ending } from './outcome.ts'
import type { Held } from './outgoing.ts'
import type { Said } from './progress.ts'

/** Where the tries of a worker are recorded. */
export interface Records {
  /** @param isTried it does not end without a try */
  open(held: Held, deliveryCount: number, isTried: boolean): RecordedTry
}

/** What is recorded of one try. Whatever waits does so until it is written, or the signal fires. */
export interface RecordedTry {
  progress(said: Said): void
  /**
   * What the handler has sent, before it is published.
   * @param join how many of them have to be done before another one is sent
   * @returns how the try ends where that is not written; undefined where it is
   */
  sends(
    tasks: readonly OutgoingTask[],
    join: number | undefined,
    signal: AbortSignal,
  ): Promise<Ending | undefined>
  /**
   * How it ended, before the broker is told. Asks once at least, whatever the signal says.
   * @param result JSON text
   * @returns what to tell the broker: that ending, or another one where it is not written or not all is done that follows
   */
  end(ending: Ending, result: string | undefined, signal: AbortSignal): Promise<Ending>
}
