import type { TaskLogLine } from '../../services/contract/log.ts'

/**
 * What was asked of the system, what it answered and what came of it, after the example of RabbitMQ's own Jepsen tests
 * (https://github.com/rabbitmq/jepsen). Times are in milliseconds since 1970.
 */

/** The time of one fault, and what it touched. */
export interface Episode {
  readonly kind: string
  readonly from: number
  /** When nothing was wrong any more but what the system had to mend by itself. */
  readonly over: number
  /** When that was mended too, as far as the fault waits for it. */
  readonly to: number
  /** Names of workers and producers; `all` for what touches the broker. */
  readonly touched: readonly string[] | 'all'
}

/** What a handler of the harness writes when it has done its work, independently of log and broker. */
export interface Effect {
  readonly id: string
  /** The worker that did it. */
  readonly worker: string
  readonly from: number
  readonly to: number
}

/** One time that a task was sent, from the request to its answer. */
export interface Sending {
  readonly producer: string
  readonly from: number
  readonly to: number
}

/** A run that repeated what an earlier one had done, and the fault that the earlier one had met. */
export interface Repeat {
  readonly id: string
  readonly worker: string
  readonly from: number
  readonly to: number
  /** The kind of the fault during which the task was in flight, or was sent; undefined where there was none. */
  readonly because: string | undefined
  readonly earlier: Effect
  readonly sent: readonly Sending[]
}

/** What it comes to. */
export interface Account {
  readonly attempted: number
  readonly confirmed: number
  readonly done: number
  readonly deadLettered: number
  /** Confirmed, and neither done nor dead nor cancelled. */
  readonly lost: readonly string[]
  /** Done or dead, and never sent. */
  readonly unexpected: readonly string[]
  readonly repeats: readonly Repeat[]
  /** Dead though their handler would have succeeded in the end. */
  readonly wronglyDead: readonly string[]
  /** Done by the worker's log, and not by the handler's own word. */
  readonly doneByLogOnly: readonly string[]
}

/**
 * An acknowledgement is on its way for so long after the work: what a fault meets in that time, it may take back.
 * Generous, since a paused or slow line holds it for longer, but that is a fault of its own.
 */
const ackOnItsWayMs = 1_000

export class Ledger {
  readonly #sendings = new Map<string, Sending[]>()
  readonly #confirmed = new Set<string>()
  readonly #doneByLog = new Set<string>()
  readonly #effects: Effect[] = []
  readonly #doneByEffect = new Set<string>()
  readonly #dead = new Set<string>()
  readonly #doomed = new Set<string>()
  readonly #cancelled = new Set<string>()
  readonly #episodes: Episode[] = []

  /** A task is about to be sent. `doomed`: it can end as a dead letter only. */
  attempt(id: string, doomed: boolean): void {
    if (!this.#sendings.has(id)) this.#sendings.set(id, [])
    if (doomed) this.#doomed.add(id)
  }

  /** A task was sent, and `confirmed` or not known to be. */
  sent(id: string, sending: Sending, confirmed: boolean): void {
    this.#sendings.get(id)?.push(sending)
    if (confirmed) this.#confirmed.add(id)
  }

  /** A worker's line about a try. */
  line({ id, outcome }: Pick<TaskLogLine, 'id' | 'outcome'>): void {
    if (outcome === 'done') this.#doneByLog.add(id)
  }

  effect(effect: Effect): void {
    this.#effects.push(effect)
    this.#doneByEffect.add(effect.id)
  }

  /** A dead letter was taken off its queue. */
  dead(id: string): void {
    this.#dead.add(id)
  }

  /** An operator is about to cancel these: they may be done, or not. */
  cancelled(ids: readonly string[]): void {
    for (const id of ids) this.#cancelled.add(id)
  }

  episode(episode: Episode): void {
    this.#episodes.push(episode)
  }

  get episodes(): readonly Episode[] {
    return this.#episodes
  }

  /** Confirmed, and neither done nor dead nor cancelled so far. */
  unsettled(): string[] {
    const settled = (id: string) => this.isDone(id) || this.#dead.has(id) || this.#cancelled.has(id)
    return [...this.#confirmed].filter((id) => !settled(id))
  }

  /** By the word of its handler. */
  isDone(id: string): boolean {
    return this.#doneByEffect.has(id)
  }

  /** The states in which a task may have ended. */
  ends(id: string): ('done' | 'dead' | 'cancelled')[] {
    if (this.isDone(id)) return ['done']
    if (this.#dead.has(id)) return ['dead']
    return this.#cancelled.has(id) ? ['cancelled'] : []
  }

  get confirmed(): number {
    return this.#confirmed.size
  }

  get confirmedIds(): ReadonlySet<string> {
    return this.#confirmed
  }

  get done(): number {
    return this.#doneByEffect.size
  }

  account(): Account {
    const byId = Map.groupBy(this.#effects, ({ id }) => id)
    const done = new Set([...byId.keys(), ...this.#doneByLog])
    const ends = new Set([...done, ...this.#dead])
    return {
      attempted: this.#sendings.size,
      confirmed: this.#confirmed.size,
      done: done.size,
      deadLettered: this.#dead.size,
      lost: [...this.#confirmed].filter((id) => !ends.has(id) && !this.#cancelled.has(id)),
      unexpected: [...ends].filter((id) => !this.#sendings.has(id)),
      repeats: [...byId.values()].flatMap((runs) => this.#repeats(runs)),
      wronglyDead: [...this.#dead].filter((id) => !this.#doomed.has(id)),
      doneByLogOnly: [...this.#doneByLog].filter((id) => !byId.has(id)),
    }
  }

  #repeats(runs: readonly Effect[]): Repeat[] {
    // a frozen worker writes what it has done when it goes on: after the one that has repeated it
    const inOrder = runs.toSorted((a, b) => a.to - b.to)
    return inOrder.slice(1).map((repeat, index) => {
      const earlier = inOrder[index] as Effect
      const sent = this.#sendings.get(repeat.id) ?? []
      return { ...repeat, because: this.#metBy(earlier) ?? this.#sentTwiceBy(sent), earlier, sent }
    })
  }

  #metBy({ worker, from, to }: Effect): string | undefined {
    return this.#episodes.find((episode) => touches(episode, worker, from, to + ackOnItsWayMs))?.kind
  }

  /** A producer that gets no answer in time sends again, and so does its client. */
  #sentTwiceBy(sent: readonly Sending[]): string | undefined {
    for (const { producer, from, to } of sent) {
      const episode = this.#episodes.find((each) => touches(each, producer, from, to))
      if (episode) return `${episode.kind} (sent twice)`
    }
    return undefined
  }
}

function touches({ touched, ...time }: Episode, name: string, from: number, to: number): boolean {
  return time.from <= to && time.to >= from && (touched === 'all' || touched.includes(name))
}
