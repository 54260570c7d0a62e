import { setTimeout as pause } from 'node:timers/promises'
import type { WorkerLedger } from '../contract/ledger.ts'
import type { Logger } from '../contract/log.ts'
import type { Placing } from '../contract/placement.ts'
import { backoffMs } from './backoff.ts'
import { type Joined, joinOf } from './join.ts'
import type { LedgerLink } from './ledger-link.ts'
import type { Ending } from './outcome.ts'
import { acceptedTask, type Held, lastTask } from './outgoing.ts'
import type { Sender } from './sender.ts'

export interface JoinsOptions {
  readonly ledger: WorkerLedger
  readonly link: LedgerLink
  /** Publishes what comes when all are done. */
  readonly sender: Pick<Sender, 'publish'>
  readonly placing: Placing
  readonly log: Logger
}

/**
 * How often what follows is sent, within a second or two. Then the try fails, as one does whose own sends are refused: its
 * task comes again by the broker's delay, and that try does what is left. A slot that went on for ever would wait for
 * room in a queue that it alone may be able to empty.
 */
const timesSent = 5

/** What follows when a task of a join is done: whoever closes the last index sends what comes then. */
export class Joins {
  readonly #options: JoinsOptions

  constructor(options: JoinsOptions) {
    this.#options = options
  }

  /**
   * Each step may be done again, and none is left out: the task is acknowledged after the last. So whoever dies between
   * two of them leaves a task that comes again, and whose next try does the rest.
   * @returns undefined when all is done; how the try ends where it is not
   */
  async done(held: Held, signal: AbortSignal): Promise<Ending | undefined> {
    const joined = joinOf(held.message)
    if (!joined) return undefined
    const { ledger, link, log } = this.#options
    const { parent, index } = joined
    const closed = await link.ask(() => ledger.joins.close(parent, index), signal)
    if (!('answer' in closed)) return closed
    if (closed.answer === 'gone')
      log.warn('the ledger has no such join any more: nothing follows', { parent, id: joined.last.id })
    if (closed.answer !== 'due') return undefined
    const unsent = await this.#send(joined, signal)
    if (unsent) return unsent
    const finished = await link.ask(() => ledger.joins.finish(parent), signal)
    return 'answer' in finished ? undefined : finished
  }

  async #send({ parent, last }: Joined, signal: AbortSignal): Promise<Ending | undefined> {
    const { ledger, link, sender, placing, log } = this.#options
    for (let failures = 0; ; failures += 1) {
      const task = lastTask(parent, last, placing, Date.now())
      const written = await link.ask(() => ledger.tries.accept([acceptedTask(task, parent)]), signal)
      if (!('answer' in written)) return written
      const reason = await sender.publish([task], signal)
      if (reason === undefined) return undefined
      if (signal.aborted) return signal.reason
      log.warn('what follows a join is not sent yet', { id: last.id, reason })
      if (failures + 1 === timesSent)
        return { outcome: 'failed', reason: `what follows its join, ${last.id}, is not sent: ${reason}` }
      await pause(backoffMs(failures), undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return signal.reason
    }
  }
}
