import { setTimeout as pause } from 'node:timers/promises'
import pLimit from 'p-limit'
import { type Reservation, type Reserved, uniquePartition } from '../contract/ledger.ts'
import { expiresAfter } from './record.ts'
import type { Condition, LedgerItem, LedgerTable } from './table.ts'

/**
 * How long a request may take from its reservation to the broker's confirm, in milliseconds: longer than Lambda lets it
 * run. One that has not said that it was confirmed by then never will.
 */
const underWayMs = 30_000

/** How long a request waits for another one that is under way with its key, in milliseconds: most take some 20. */
const patienceMs = 2_000

/** How many keys are asked for at a time: the AWS SDK has 50 connections, and a call waits for one within its deadline. */
const keysAtOnce = 40

/** Keys that are used once: each is an item of its own, with the id of the task that has it. */
export class Reservations {
  readonly #table: LedgerTable
  readonly #inTurn = pLimit(keysAtOnce)

  constructor(table: LedgerTable) {
    this.#table = table
  }

  /**
   * Reserves a key for a task, or finds who has it.
   * @param signal nobody waits any more: no key is taken for nobody
   */
  async reserve(wanted: Reservation, signal: AbortSignal): Promise<Reserved> {
    const giveUpAt = Date.now() + patienceMs
    for (let waitMs = 20; ; waitMs *= 2) {
      const reserved = await this.#inTurn(async () => {
        signal.throwIfAborted()
        return this.#try(wanted)
      })
      if (reserved.state !== 'under-way' || Date.now() + waitMs > giveUpAt) return reserved
      await pause(waitMs)
    }
  }

  async #try({ key, id, seconds }: Reservation): Promise<Reserved> {
    if (await this.#table.put(itemOf({ key, id, seconds }), free())) return { id, state: 'ours', isNew: true }
    const [found] = await this.#table.read(uniquePartition(key))
    // it has expired or was taken back meanwhile
    if (found === undefined) return { id, state: 'under-way' }
    const owner = String(found['task'])
    if (found['confirmed'] === true) return { id: owner, state: 'published' }
    const abandoned = Number(found['at']) < Date.now() - underWayMs
    // a client that sends a request again does so with the same ids: it has the key already, and publishes once more
    const takesOver =
      (owner === id || abandoned) &&
      (await this.#table.put(itemOf({ key, id: owner, seconds }), unchanged(found)))
    return { id: owner, state: takesOver ? 'ours' : 'under-way' }
  }

  /** The broker has confirmed the tasks that have these keys. */
  async confirm(reservations: readonly Reservation[]): Promise<void> {
    await this.#table.write(reservations.map((each) => ({ ...itemOf(each), confirmed: true })))
  }

  /** Takes back what is not confirmed, so that the next request has the key. */
  async release(reservations: readonly Reservation[]): Promise<void> {
    await Promise.all(
      reservations.map(({ key, id }) =>
        this.#inTurn(() =>
          this.#table.removeIf({ id: uniquePartition(key), part: 'unique' }, unconfirmed(id)),
        ),
      ),
    )
  }
}

function itemOf({ key, id, seconds }: Reservation): LedgerItem {
  return {
    id: uniquePartition(key),
    part: 'unique',
    task: id,
    at: Date.now(),
    expires: expiresAfter(seconds),
  }
}

const free = (): Condition => ({
  expression: 'attribute_not_exists(#id) OR #expires <= :now',
  names: { '#id': 'id', '#expires': 'expires' },
  values: { ':now': Math.floor(Date.now() / 1_000) },
})

const unchanged = ({ at }: LedgerItem): Condition => ({
  expression: '#at = :at AND attribute_not_exists(#confirmed)',
  names: { '#at': 'at', '#confirmed': 'confirmed' },
  values: { ':at': at },
})

const unconfirmed = (id: string): Condition => ({
  expression: '#task = :id AND attribute_not_exists(#confirmed)',
  names: { '#task': 'task', '#confirmed': 'confirmed' },
  values: { ':id': id },
})
