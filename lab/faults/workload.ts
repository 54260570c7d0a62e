import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '../../client/src/client.ts'
import { NotAcceptedError } from '../../client/src/errors.ts'
import { until } from '../../test/support/until.ts'
import type { Random } from '../random.ts'
import type { BrokerAdmin } from './broker-admin.ts'
import type { Ledger } from './ledger.ts'
import { patienceSeconds } from './patience.ts'
import type { Seat } from './seats.ts'

/** A task of the fault runs: lab/faults/tasks/trial.handler.ts. */
export interface Trial {
  readonly id: string
  readonly type: 'trial' | 'hasty-trial' | 'distant-trial' | 'newcomer'
  readonly payload: {
    readonly ms: number
    readonly cpuMs: number
    readonly misbehave?: string
    readonly tries?: number
    /** How many tasks its handler sends. */
    readonly children?: number
  }
  readonly delaySeconds?: number
  readonly tenant?: string | undefined
}

/** Sends tasks to all producers at a steady rate, and again what was not confirmed, as a client should. */
export class Workload {
  /** Tasks per second that are new. */
  readonly rate: number
  readonly #random: Random
  readonly #ledger: Ledger
  readonly #admin: BrokerAdmin
  readonly #outbox: Trial[] = []
  readonly #held = new Set<Seat>()
  readonly #requests = new Map<Seat, number>()
  #number = 0
  #making = true
  #ended = false
  readonly #open: () => number
  #loops: Promise<unknown>[] = []

  /** @param open how many tasks are neither done nor dead */
  constructor(rate: number, random: Random, ledger: Ledger, admin: BrokerAdmin, open: () => number) {
    this.rate = rate
    this.#random = random
    this.#ledger = ledger
    this.#admin = admin
    this.#open = open
  }

  /** Begins. */
  start(producers: readonly Seat[]): void {
    this.#loops = [this.#make(), this.#makeUnreadable(), ...producers.map((producer) => this.#send(producer))]
  }

  /** Makes no more tasks of its own until {@link go}. What was made is sent. */
  stop(): void {
    this.#making = false
  }

  go(): void {
    this.#making = true
  }

  /** Sends these tasks; gives their ids. They are confirmed when the ledger says so. */
  add(
    count: number,
    type: Trial['type'],
    payload: Partial<Trial['payload']>,
    delaySeconds?: number,
  ): string[] {
    const trials = Array.from({ length: count }, () => ({
      ...this.#trial(type, { ms: 5, cpuMs: 0, ...payload }),
      ...(delaySeconds === undefined ? {} : { delaySeconds }),
    }))
    this.#outbox.unshift(...trials)
    return trials.map(({ id }) => id)
  }

  /** Sends nothing to this producer while `work` runs, which begins when it has answered what it was asked. */
  async without<Result>(producer: Seat, work: () => Promise<Result>): Promise<Result> {
    this.#held.add(producer)
    try {
      await until(() => (this.#requests.get(producer) ?? 0) === 0, {
        within: patienceSeconds,
        what: `${producer.name} has answered`,
      })
      return await work()
    } finally {
      this.#held.delete(producer)
    }
  }

  /**
   * Sends some tasks to this producer, once.
   * @throws Error unless it accepts them
   */
  async insist(producer: Seat, batch = this.batch()): Promise<void> {
    const accepted = await this.#postOnce(producer, batch)
    if (accepted.size < batch.length)
      throw new Error(`${producer.name} accepted ${accepted.size} of ${batch.length} tasks`)
  }

  /**
   * Sends some tasks to this producer, which it can put nowhere.
   * @throws Error when it accepts any
   */
  async expectRefusal(producer: Seat): Promise<void> {
    const { size } = await this.#postOnce(producer, this.batch())
    if (size > 0) throw new Error(`${producer.name} accepted ${size} tasks for a queue that does not exist`)
  }

  /** Whether a request to this producer is under way. */
  isAsking(producer: Seat): boolean {
    return (this.#requests.get(producer) ?? 0) > 0
  }

  /** Some tasks for {@link insist}. */
  batch(): readonly Trial[] {
    return Array.from({ length: 10 }, () => this.#trial('trial', { ms: 5, cpuMs: 0 }))
  }

  /** Whether nothing is left to send and nothing unanswered. */
  get idle(): boolean {
    return this.#outbox.length === 0 && [...this.#requests.values()].every((count) => count === 0)
  }

  /** Ends for good. */
  async end(): Promise<void> {
    this.#making = false
    this.#ended = true
    await Promise.all(this.#loops)
  }

  async #make(): Promise<void> {
    if (this.rate === 0) return
    let madeUntil = performance.now()
    for (; !this.#ended; await pause(tickMs)) {
      const due = Math.floor(((performance.now() - madeUntil) * this.rate) / 1_000)
      madeUntil = this.#making ? madeUntil + (due * 1_000) / this.rate : performance.now()
      // an outage of the producers delays tasks, and does not pile up an hour of them; nor do workers on a busy
      // machine: what waits for minutes hides what a fault does
      const waiting = Math.max(this.#outbox.length, this.#open() / 2)
      if (!this.#making || waiting > 5 * this.rate) continue
      for (let count = due; count > 0; count -= 1)
        this.#outbox.push(ordinary(this.#random, (type, payload) => this.#trial(type, payload)))
    }
  }

  /** From a client that is not ours: the producer would refuse it. */
  async #makeUnreadable(): Promise<void> {
    for (; !this.#ended; await pause(2_000)) {
      if (!this.#making) continue
      const id = this.#id()
      const from = Date.now()
      this.#ledger.attempt(id, true)
      const headers = this.#random.next() < 0.5 ? { 'warren-version': 'one' } : {}
      const confirmed = await this.#admin
        .publish(Buffer.from('{"not": JSON'), { type: 'trial', messageId: id, persistent: true, headers })
        .then(() => true)
        .catch(() => false)
      this.#ledger.sent(id, { producer: 'foreign client', from, to: Date.now() }, confirmed)
    }
  }

  async #send(producer: Seat): Promise<void> {
    for (; !this.#ended; await pause(tickMs)) {
      const requests = this.#requests.get(producer) ?? 0
      if (this.#held.has(producer) || requests >= 2 || this.#outbox.length === 0 || !producer.ready) continue
      // half of it: the next producer is to have some too
      const batch = this.#outbox.splice(0, Math.min(100, Math.ceil(this.#outbox.length / 2)))
      this.#requests.set(producer, requests + 1)
      void this.#post(producer, batch).finally(() => {
        this.#requests.set(producer, (this.#requests.get(producer) ?? 1) - 1)
      })
    }
  }

  async #post(producer: Seat, batch: readonly Trial[]): Promise<void> {
    const accepted = await this.#postOnce(producer, batch)
    // with the same ids
    const again = batch.filter(({ id }) => !accepted.has(id))
    this.#outbox.unshift(...again)
    if (again.length > 0) await pause(retryAfterMs)
  }

  async #postOnce(producer: Seat, batch: readonly Trial[]): Promise<ReadonlySet<string>> {
    const from = Date.now()
    const accepted = await post(String(producer.ready?.['endpoint']), batch)
    const sending = { producer: producer.name, from, to: Date.now() }
    for (const { id, delaySeconds: delay } of batch) {
      const due = delay === undefined ? {} : { due: sending.to + delay * 1_000 }
      this.#ledger.sent(id, { ...sending, ...due }, accepted.has(id))
    }
    return accepted
  }

  #trial(type: Trial['type'], payload: Trial['payload']): Trial {
    const id = this.#id()
    this.#ledger.attempt(id, payload.misbehave !== undefined && payload.tries === undefined, payload.children)
    return { id, type, payload, tenant: tenants[this.#number % tenants.length] }
  }

  #id(): string {
    this.#number += 1
    return `trial-${this.#number}`
  }
}

/** Most tasks are one tenant's, and some nobody's: they have all priorities there are below the default. */
const tenants = ['noisy', 'noisy', 'noisy', 'quiet', undefined] as const
const tickMs = 250
/** Less than what the producer asks for, so that its recovery and not ours is seen. */
const retryAfterMs = 1_000

/** Mostly short, some a hundred times as long, some that send others, some of a further queue, some that fail once, some that fail always. */
function ordinary(random: Random, trial: (type: Trial['type'], payload: Trial['payload']) => Trial): Trial {
  const short = { ms: random.whole(0, 15), cpuMs: random.whole(0, 3) }
  const kind = random.next()
  if (kind < 0.02) return trial('trial', { ...short, misbehave: 'fail', tries: 1 })
  if (kind < 0.023) return trial('trial', { ...short, misbehave: 'fail' })
  if (kind < 0.026) return trial('trial', { ...short, misbehave: 'permanent' })
  if (kind < 0.07) return trial('trial', { ...short, ms: random.whole(50, 200) })
  if (kind < 0.075) return trial('trial', { ...short, ms: random.whole(500, 1_500) })
  if (kind < 0.095) return trial('trial', { ...short, children: 3 })
  if (kind < 0.12) return trial('distant-trial', { ...short, children: random.whole(0, 1) })
  return trial('trial', short)
}

/** The ids that the producer says it has; none where it says nothing. Asked once: another producer may get the rest. */
async function post(endpoint: string, tasks: readonly Trial[]): Promise<ReadonlySet<string>> {
  try {
    return new Set(await createClient({ endpoint, deadlineSeconds: 0 }).sendBatch(tasks))
  } catch (error) {
    if (!(error instanceof NotAcceptedError)) throw error
    if (![undefined, 503].includes(error.status)) throw new ProducerError(error.message)
    return new Set(error.accepted)
  }
}

/** An answer that no client of ours should get. */
class ProducerError extends Error {
  override readonly name = 'ProducerError'
}
