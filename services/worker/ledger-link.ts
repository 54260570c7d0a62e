import { setTimeout as pause } from 'node:timers/promises'
import { LedgerRefusalError } from '../contract/ledger.ts'
import type { Logger } from '../contract/log.ts'
import { backoffMs } from './backoff.ts'
import { unlessFired } from './fired.ts'
import type { Ending } from './outcome.ts'

/** From one line to the next while the ledger is away, in milliseconds. */
const warnMs = 60_000

/** What the ledger has answered, or how a try ends that has no answer. */
export type LedgerAnswer<Answer> = { readonly answer: Answer } | Ending

export interface AskOptions {
  /** Called when the first answer does not come. */
  readonly waits?: () => void
  /** Waits for the answer to what is asked also when the signal fires meanwhile, and then asks no more. */
  readonly toTheAnswer?: boolean
}

/** Asks the ledger again until it answers, and says so when it does not. A throttle is such a wait too. */
export class LedgerLink {
  /** Since when it has not answered, in milliseconds since 1970; undefined while it does. */
  awaySince: number | undefined
  readonly #log: Logger
  /** What is asked and not yet answered. */
  readonly #asked = new Set<Promise<unknown>>()
  #warnedAt = Number.NEGATIVE_INFINITY
  #saidSo = false

  constructor(log: Logger) {
    this.#log = log
  }

  /**
   * Asks once at least, and then until it is answered.
   * @param signal nobody waits any more; its reason is how the try ends then
   * @returns the answer; or how the try ends without one. What the ledger refuses is not asked again: the try has failed,
   * and the broker counts that, so that it is a dead letter in the end and no slot is held for ever.
   */
  async ask<Answer>(
    question: () => Promise<Answer>,
    signal: AbortSignal,
    { waits, toTheAnswer = false }: AskOptions = {},
  ): Promise<LedgerAnswer<Answer>> {
    for (let failures = 0; ; failures += 1) {
      const asked = this.#ask(question)
      this.#asked.add(asked)
      void asked.then(() => this.#asked.delete(asked))
      // what is asked is asked: who has been told to go before waits for it, and who is told now does not
      const answered = await (toTheAnswer || signal.aborted ? asked : unlessFired(signal, asked))
      if (answered) return answered
      if (failures === 0) waits?.()
      if (!signal.aborted) await pause(backoffMs(failures), undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return signal.reason
    }
  }

  /** Resolves when all that is asked by now has its answer, or has failed: nobody may be waiting for it. */
  async settled(): Promise<void> {
    await Promise.all(this.#asked)
  }

  /** @returns undefined where the ledger is away */
  async #ask<Answer>(question: () => Promise<Answer>): Promise<LedgerAnswer<Answer> | undefined> {
    try {
      const answer = await question()
      this.#answers()
      return { answer }
    } catch (error) {
      if (error instanceof LedgerRefusalError) return this.#refuses(error)
      this.#isAway(error)
      return undefined
    }
  }

  #refuses({ message }: LedgerRefusalError): Ending {
    this.#answers()
    this.#log.error('the ledger refuses what a try writes: it is not asked again', { reason: message })
    return { outcome: 'failed', reason: `the ledger refuses what the try writes: ${message}` }
  }

  #isAway(error: unknown): void {
    const now = Date.now()
    this.awaySince ??= now
    if (now - this.#warnedAt < warnMs) return
    this.#warnedAt = now
    this.#saidSo = true
    const seconds = Math.round((now - this.awaySince) / 1_000)
    this.#log.warn('the ledger does not answer: ended tasks are held until it does', {
      reason: String(error),
      seconds,
    })
  }

  #answers(): void {
    if (this.awaySince === undefined) return
    const seconds = Math.round((Date.now() - this.awaySince) / 1_000)
    this.awaySince = undefined
    // a ledger that throttles answers and does not, many times a second
    if (this.#saidSo) this.#log.info('the ledger answers again', { seconds })
    this.#saidSo = false
  }
}
