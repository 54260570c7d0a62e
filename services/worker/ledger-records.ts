import { randomUUID } from 'node:crypto'
import type { OutgoingTask } from '../amqp/batch.ts'
import { ledgerLimits, type TaskEnd } from '../contract/ledger.ts'
import { unlessFired } from './fired.ts'
import { Joins, type JoinsOptions } from './joins.ts'
import type { Ending } from './outcome.ts'
import { acceptedTask, type Held } from './outgoing.ts'
import type { Said } from './progress.ts'
import type { RecordedTry, Records } from './records.ts'

/** How long a worker asks for what nobody waits for and only it can say, in milliseconds. */
const lastWordMs = 600_000
/** From when on a try is worth an item while it runs, in milliseconds: most have ended by then, and that says it all. */
const lastingMs = 100

export interface LedgerRecordsOptions extends JoinsOptions {
  /** Failures that a task may have: one more makes it a dead letter. */
  readonly deliveryLimit: number
  /** The end of a try could not be written at once. */
  readonly held: () => void
}

/** Records tries in the ledger. */
export class LedgerRecords implements Records {
  readonly #options: LedgerRecordsOptions
  readonly #joins: Joins

  constructor(options: LedgerRecordsOptions) {
    this.#options = options
    this.#joins = new Joins(options)
  }

  open(held: Held, deliveryCount: number, isTried: boolean): RecordedTry {
    return new LedgerTry(this.#options, this.#joins, held, deliveryCount, isTried)
  }
}

class LedgerTry implements RecordedTry {
  readonly #options: LedgerRecordsOptions
  readonly #joins: Joins
  readonly #held: Held
  readonly #deliveryCount: number
  readonly #facts: Pick<TaskEnd, 'id' | 'type' | 'parent' | 'tryId' | 'startedAt'>
  readonly #begin: NodeJS.Timeout | undefined
  /** Fires when the end is written, or nobody waits for it: then nothing else is asked a second time. */
  readonly #over = new AbortController()
  #said: Said | undefined
  #saying: Promise<void> | undefined

  constructor(
    options: LedgerRecordsOptions,
    joins: Joins,
    held: Held,
    deliveryCount: number,
    isTried: boolean,
  ) {
    this.#options = options
    this.#joins = joins
    this.#held = held
    this.#deliveryCount = deliveryCount
    const { id, type, parent } = held.task
    const startedAt = Date.now()
    this.#facts = { id, type, parent, ...(isTried ? { tryId: randomUUID(), startedAt } : {}) }
    if (isTried) this.#begin = setTimeout(() => void this.#began(), lastingMs)
  }

  progress(said: Said): void {
    this.#said = said
    this.#saying ??= this.#say()
  }

  async sends(
    tasks: readonly OutgoingTask[],
    join: number | undefined,
    signal: AbortSignal,
  ): Promise<Ending | undefined> {
    const { ledger, link } = this.#options
    const { id } = this.#held.task
    const accepted = tasks.map((task) => acceptedTask(task, id))
    const written = await link.ask(() => ledger.tries.accept(accepted), signal)
    if (!('answer' in written)) return written
    if (join === undefined) return undefined
    const dueAt = Math.max(...accepted.map((task) => task.dueAt ?? 0))
    const opened = await link.ask(() => ledger.joins.open(id, join, dueAt), signal)
    return 'answer' in opened ? undefined : opened
  }

  async end(ending: Ending, result: string | undefined, signal: AbortSignal): Promise<Ending> {
    clearTimeout(this.#begin)
    const { ledger, link, held } = this.#options
    const end = this.#endOf(ending, result)
    const written = await link.ask(() => ledger.tries.end(end), signal, { waits: held })
    this.#over.abort()
    // its last word is on its way, and is asked once at least: one that cannot be written must not hold the slot
    if (this.#saying !== undefined) await unlessFired(signal, this.#saying)
    if (!('answer' in written)) {
      this.#lastWord(written)
      return written
    }
    return (end.state === 'done' && (await this.#joins.done(this.#held, signal))) || ending
  }

  /**
   * The broker makes a task of whose last try it has lost the worker a dead letter, and no other try will say so: that
   * is asked for although nobody waits.
   */
  #lastWord(ending: Ending): void {
    const end = this.#endOf(ending, undefined)
    if (end.state !== 'dead') return
    const { ledger, link } = this.#options
    void link.ask(() => ledger.tries.end(end), AbortSignal.timeout(lastWordMs))
  }

  async #began(): Promise<void> {
    const { ledger, link } = this.#options
    const { tryId = '', startedAt = 0, ...task } = this.#facts
    const begun = { ...task, tryId, startedAt, number: this.#deliveryCount + 1 }
    await link.ask(() => ledger.tries.begin(begun), this.#over.signal)
  }

  async #say(): Promise<void> {
    const { ledger, link } = this.#options
    const { id, tryId = '' } = this.#facts
    for (let said = this.#said; said; said = this.#said) {
      this.#said = undefined
      const progress = { id, tryId, ...said }
      await link.ask(() => ledger.tries.progress(progress), this.#over.signal, { toTheAnswer: true })
    }
    this.#saying = undefined
  }

  #endOf({ outcome, goesOn, reason }: Ending, result: string | undefined): TaskEnd {
    const { tryId } = this.#facts
    return {
      ...this.#facts,
      state: stateOf(outcome, goesOn, this.#isLast),
      tries: this.#deliveryCount + (tryId === undefined ? 0 : 1),
      endedAt: Date.now(),
      // an item may have 400 KB, and what zod says of a large payload is more
      ...(reason === undefined ? {} : { reason: reason.slice(0, ledgerLimits.textLength) }),
      ...(outcome === 'done' && !goesOn && result !== undefined ? { result } : {}),
    }
  }

  /** After one more failure the broker makes it a dead letter, as far as the worker was told of its limit. */
  get #isLast(): boolean {
    return this.#deliveryCount >= this.#options.deliveryLimit
  }
}

/** What the broker makes of a task whose try has ended so: services/worker/outcome.ts. */
export function stateOf(
  outcome: Ending['outcome'],
  goesOn: true | undefined,
  isLast: boolean,
): TaskEnd['state'] {
  switch (outcome) {
    case 'done':
      return goesOn ? 'accepted' : 'done'
    case 'later':
    case 'handed-back':
      return 'accepted'
    case 'cancelled':
      return 'cancelled'
    case 'permanent-failure':
    case 'unreadable':
      return 'dead'
    case 'consumer-timeout':
      // uncounted
      return 'failed'
    default:
      return isLast ? 'dead' : 'failed'
  }
}
