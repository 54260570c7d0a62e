import type { Emit } from '../telemetry/emit.ts'
import { Sample } from '../telemetry/sample.ts'

/** What became of the tasks of one request. */
export interface Published {
  readonly accepted: number
  readonly refused: number
  /** Until the broker had answered for all. */
  readonly durationMs: number
  /** Connections that this process has made after its first. */
  readonly reconnects: number
}

/**
 * Counts requests, and writes the counts at most every 10 s or so. A line for each invocation would cost as much as the
 * function itself (at 100 requests a second 0.4 KB each are some $50 a month). After a pause the first request writes
 * at once, since Lambda freezes the process after it. Counts that are left then are written when the process continues,
 * with the time when they were counted. If it never continues, up to 10 s of its last burst are lost.
 */
export class ProducerMetrics {
  readonly #emit: Emit
  readonly #queue: string
  #counts = { accepted: 0, refused: 0 }
  readonly #latencies = new Sample()
  #reconnects = 0
  #reconnectsEmitted = 0
  #countedAt = 0
  #flushedAt = 0
  readonly #intervalMs: number

  /** @param seconds how long requests are counted together */
  constructor(emit: Emit, queue: string, seconds: number) {
    this.#emit = emit
    this.#queue = queue
    this.#intervalMs = seconds * 1_000
    setInterval(() => this.flush(), this.#intervalMs).unref()
  }

  published({ accepted, refused, durationMs, reconnects }: Published): void {
    this.#countedAt = Date.now()
    this.#counts.accepted += accepted
    this.#counts.refused += refused
    this.#reconnects = reconnects
    if (refused === 0) this.#latencies.add(durationMs)
    if (this.#countedAt - this.#flushedAt >= this.#intervalMs) this.flush()
  }

  /** Writes what was counted since the last time, if anything. */
  flush(): void {
    if (this.#countedAt === 0) return
    const { accepted, refused } = this.#counts
    const reconnects = this.#reconnects - this.#reconnectsEmitted
    this.#emit(
      { Queue: this.#queue },
      {
        TasksAccepted: accepted,
        ...(refused > 0 ? { TasksRefused: refused } : {}),
        ...(reconnects > 0 ? { Reconnects: reconnects } : {}),
        ConfirmLatency: this.#latencies.take(),
      },
      this.#countedAt,
    )
    this.#counts = { accepted: 0, refused: 0 }
    this.#reconnectsEmitted = this.#reconnects
    this.#flushedAt = Date.now()
    this.#countedAt = 0
  }
}
