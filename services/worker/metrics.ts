import { type Outcome, unfailing } from '../contract/log.ts'
import { unknownType } from '../contract/metrics.ts'
import type { Emit } from '../telemetry/emit.ts'
import { Sample } from '../telemetry/sample.ts'
import type { Try } from './delivery.ts'
import type { TryEvents } from './slot.ts'

/** What a worker's metrics say of it, and where they go. */
export interface WorkerMetricsOptions {
  readonly emit: Emit
  readonly queue: string
  readonly workerClass: string
  readonly slots: number
  /** How long tries are counted together. */
  readonly seconds: number
  /** The task types that the worker knows: each costs metrics, so that what a message says adds none. */
  readonly types: Iterable<string>
}

/** What was counted of one task type since the last flush. */
interface TypeCounts {
  done: number
  failed: number
  readonly durations: Sample
}

/** A slot's time since the last flush, in milliseconds; `since` while a try runs. */
interface SlotTime {
  busyMs: number
  redeliveryMs: number
  since?: number
  redelivered: boolean
}

/** Neither the handler's nor the broker's fault. */
const noFailure: ReadonlySet<Outcome> = new Set([...unfailing, 'consumer-timeout'])
const givenUp: ReadonlySet<Outcome> = new Set(['permanent-failure', 'unreadable'])

/** Counts tries, and writes the counts now and then: what a task costs here is some additions. */
export class WorkerMetrics implements TryEvents {
  readonly #options: WorkerMetricsOptions
  readonly #types: ReadonlyMap<string, TypeCounts>
  readonly #unknown = emptyCounts()
  readonly #slots: readonly SlotTime[]
  readonly #waits = new Sample()
  #counts = noCounts()
  #flushedAt = Date.now()

  constructor(options: WorkerMetricsOptions) {
    this.#options = options
    this.#types = new Map([...options.types].map((type) => [type, emptyCounts()]))
    this.#slots = Array.from({ length: options.slots }, idleSlot)
    setInterval(() => this.flush(), options.seconds * 1_000).unref()
  }

  began(slot: number, deliveryCount: number): void {
    Object.assign(this.#slots[slot] ?? idleSlot(), { since: Date.now(), redelivered: deliveryCount > 0 })
  }

  ended({ slot, type, outcome, deliveryCount, waitMs, durationMs, sent = 0 }: Try): void {
    const time = this.#slots[slot]
    if (time) settle(time, Date.now(), false)
    // what was dropped says nothing of how long tasks take or wait
    if (outcome === 'cancelled') {
      this.#counts.cancelled += 1
      return
    }
    const counts = this.#types.get(type) ?? this.#unknown
    counts.durations.add(durationMs)
    if (outcome === 'done') counts.done += 1
    else if (!noFailure.has(outcome)) counts.failed += 1
    if (givenUp.has(outcome)) this.#counts.deadLettered += 1
    this.#counts.sent += sent
    if (outcome === 'later') this.#counts.putOff += 1
    if (outcome === 'consumer-timeout') this.#counts.consumerTimeouts += 1
    if (deliveryCount > 0) this.#counts.redelivered += 1
    // clocks of two machines differ
    else if (waitMs !== null) this.#waits.add(Math.max(0, waitMs))
  }

  /** A handler held up the slots that share its thread. */
  blocked(): void {
    this.#counts.blocked += 1
  }

  /** A task that had ended was held, since the ledger did not answer at once. */
  heldByLedger(): void {
    this.#counts.held += 1
  }

  /** Writes what was counted since the last time. */
  flush(): void {
    const { emit, queue, workerClass } = this.#options
    const now = Date.now()
    const ms = Math.max(1, now - this.#flushedAt)
    this.#flushedAt = now
    const { deadLettered, redelivered, consumerTimeouts, blocked, sent, putOff, cancelled, held } =
      this.#counts
    this.#counts = noCounts()
    const shares = this.#slots.map((slot) => takeShares(slot, now, ms))
    const byQueue = { Queue: queue }
    const byClass = { ...byQueue, WorkerClass: workerClass }
    emit(byQueue, {
      RedeliveryShare: shares.map((share) => share.redelivery),
      ...(redelivered > 0 ? { TasksRedelivered: redelivered } : {}),
      ...(sent > 0 ? { TasksSent: sent } : {}),
      ...(putOff > 0 ? { TasksPutOff: putOff } : {}),
      ...(cancelled > 0 ? { TasksCancelled: cancelled } : {}),
      ...(held > 0 ? { TasksHeld: held } : {}),
      ...(consumerTimeouts > 0 ? { ConsumerTimeouts: consumerTimeouts } : {}),
    })
    emit(byClass, {
      // so that an idle worker can be told from a missing one
      TasksDone: 0,
      BusyShare: shares.map((share) => share.busy),
      TaskWait: this.#waits.take(),
      ...(deadLettered > 0 ? { TasksDeadLettered: deadLettered } : {}),
      ...(blocked > 0 ? { ThreadsBlocked: blocked } : {}),
    })
    for (const [type, counts] of [...this.#types, [unknownType, this.#unknown] as const]) {
      const { done, failed } = counts
      Object.assign(counts, { done: 0, failed: 0 })
      emit(
        { ...byClass, TaskType: type },
        {
          ...(done > 0 ? { TasksDone: done } : {}),
          ...(failed > 0 ? { TasksFailed: failed } : {}),
          TaskDuration: counts.durations.take(),
        },
      )
    }
  }
}

const noCounts = () => ({
  deadLettered: 0,
  redelivered: 0,
  consumerTimeouts: 0,
  blocked: 0,
  sent: 0,
  putOff: 0,
  cancelled: 0,
  held: 0,
})
const emptyCounts = (): TypeCounts => ({ done: 0, failed: 0, durations: new Sample() })
const idleSlot = (): SlotTime => ({ busyMs: 0, redeliveryMs: 0, redelivered: false })

/** Adds up what a slot's running try took until now; it goes on or not. */
function settle(slot: SlotTime, now: number, goesOn: boolean): void {
  if (slot.since === undefined) return
  const ms = now - slot.since
  slot.busyMs += ms
  if (slot.redelivered) slot.redeliveryMs += ms
  if (goesOn) slot.since = now
  else delete slot.since
}

function takeShares(slot: SlotTime, now: number, ms: number): { busy: number; redelivery: number } {
  settle(slot, now, true)
  const share = (part: number) => Math.min(100, (100 * part) / ms)
  const shares = { busy: share(slot.busyMs), redelivery: share(slot.redeliveryMs) }
  Object.assign(slot, { busyMs: 0, redeliveryMs: 0 })
  return shares
}
