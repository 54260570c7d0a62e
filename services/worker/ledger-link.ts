import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from '../contract/log.ts'
import { backoffMs } from './backoff.ts'
import { fired } from './fired.ts'

/** From one line to the next while the ledger is away, in milliseconds. */
const warnMs = 60_000

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
   * @param signal nobody waits any more
   * @param waits is called when the first answer does not come
   * @returns undefined when it was not answered
   */
  async ask<Answer>(
    question: () => Promise<Answer>,
    signal: AbortSignal,
    waits: () => void = () => undefined,
  ): Promise<{ readonly answer: Answer } | undefined> {
    for (let failures = 0; ; failures += 1) {
      const asked = this.#ask(question)
      this.#asked.add(asked)
      void asked.then(() => this.#asked.delete(asked))
      // what is asked is asked: who has been told to go before waits for it, and who is told now does not
      const answered = await (signal.aborted ? asked : Promise.race([asked, fired(signal)]))
      if (answered) return answered
      if (failures === 0) waits()
      if (!signal.aborted) await pause(backoffMs(failures), undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return undefined
    }
  }

  /** Resolves when all that is asked by now has its answer, or has failed: nobody may be waiting for it. */
  async settled(): Promise<void> {
    await Promise.all(this.#asked)
  }

  async #ask<Answer>(question: () => Promise<Answer>): Promise<{ readonly answer: Answer } | undefined> {
    try {
      const answer = await question()
      this.#answers()
      return { answer }
    } catch (error) {
      this.#isAway(error)
      return undefined
    }
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
