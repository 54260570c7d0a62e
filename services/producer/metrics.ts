import type { Emit } from '../telemetry/emit.ts'
import { Sample } from '../telemetry/sample.ts'

/** What became of the tasks of one request. */
export interface Published {
  readonly tasks: readonly { readonly queue: string; readonly accepted: boolean }[]
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
  /** By the queue's name. */
  readonly #counts = new Map<string, { accepted: number; refused: number }>()
  readonly #latencies = new Sample()
  #reconnects = 0
  #reconnectsEmitted = 0
  #countedAt = 0
  #flushedAt = 0
  readonly #intervalMs: number

  /**
   * @param queue the default one: what is not one queue's alone is told of it
   * @param seconds how long requests are counted together
   */
  constructor(emit: Emit, queue: string, seconds: number) {
    this.#emit = emit
    this.#queue = queue
    this.#intervalMs = seconds * 1_000
    setInterval(() => this.flush(), this.#intervalMs).unref()
  }

  published({ tasks, durationMs, reconnects }: Published): void {
    this.#countedAt = Date.now()
    for (const { queue, accepted } of tasks) this.#countOf(queue)[accepted ? 'accepted' : 'refused'] += 1
    this.#reconnects = reconnects
    if (tasks.every(({ accepted }) => accepted)) this.#latencies.add(durationMs)
    if (this.#countedAt - this.#flushedAt >= this.#intervalMs) this.flush()
  }

  /** Writes what was counted since the last time, if anything. */
  flush(): void {
    if (this.#countedAt === 0) return
    const reconnects = this.#reconnects - this.#reconnectsEmitted
    const ofAll = {
      ...(reconnects > 0 ? { Reconnects: reconnects } : {}),
      ConfirmLatency: this.#latencies.take(),
    }
    // there in any case
    this.#countOf(this.#queue)
    for (const [queue, { accepted, refused }] of this.#counts)
      this.#emit(
        { Queue: queue },
        {
          TasksAccepted: accepted,
          ...(refused > 0 ? { TasksRefused: refused } : {}),
          ...(queue === this.#queue ? ofAll : {}),
        },
        this.#countedAt,
      )
    this.#counts.clear()
    this.#reconnectsEmitted = this.#reconnects
    this.#flushedAt = Date.now()
    this.#countedAt = 0
  }

  #countOf(queue: string): { accepted: number; refused: number } {
    const count = this.#counts.get(queue) ?? { accepted: 0, refused: 0 }
    this.#counts.set(queue, count)
    return count
  }
}
