import { followTaskLog } from '../../../local/task-log.ts'

/** What the workers of `npm run dev` say they did, in the order in which it was heard. Times are in milliseconds since 1970. */
export class Ledger {
  readonly #follow = followTaskLog('tasks', Number.POSITIVE_INFINITY)
  readonly #heard: number[] = []
  readonly #ended: number[] = []

  /** Reads what has come since the last time. */
  read(): void {
    for (const { time, startedAt, durationMs, outcome } of this.#follow()) {
      if (outcome !== 'done') throw new Error(`a task ended as ${outcome}: it only had to wait`)
      this.#heard.push(Date.parse(time))
      this.#ended.push(Date.parse(startedAt) + durationMs)
    }
  }

  get done(): number {
    return this.#heard.length
  }

  /** Tasks a second. */
  rate(from: number, to: number): number {
    const between = this.#ended.filter((at) => at > from && at <= to)
    return (between.length * 1_000) / (to - from)
  }

  /** Tasks whose log line was written then. */
  logged(from: number, to: number): number {
    return this.#heard.filter((at) => at >= from && at <= to).length
  }

  /** How old it was at a time that so many were done: since when there have been more. */
  age(done: number, at: number): number {
    return Math.max(0, at - (this.#heard[done] ?? at))
  }
}
