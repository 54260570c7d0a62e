import type { TaskLogLine } from '../../services/contract/log.ts'
import type { Note } from './history.ts'

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
  /** It happened to the broker or one of its nodes. */
  readonly ofBroker?: boolean
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
  /** A producer's name, or that of the worker whose handler has sent it. */
  readonly producer: string
  readonly from: number
  readonly to: number
  /** When it is to be done, where it was sent for later. */
  readonly due?: number
}

/** What a worker's line says of a try. */
export type TriedLine = Pick<TaskLogLine, 'id' | 'outcome' | 'class' | 'startedAt' | 'durationMs'>

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
  /** The ids of what a task's handler sends, and back. */
  readonly #childrenOf = new Map<string, readonly string[]>()
  readonly #parentOf = new Map<string, string>()
  /** Tasks of which a worker has said that a try failed although their handler never does: what it sent was not confirmed. */
  readonly #sendsRefused = new Set<string>()
  readonly #note: Note

  /** @param note has everything that this is told, for whoever judges it too */
  constructor(note: Note = () => undefined) {
    this.#note = note
  }

  /** A task is about to be sent. `doomed`: it can end as a dead letter only. `children`: how many its handler sends. */
  attempt(id: string, doomed: boolean, children = 0): void {
    if (this.#sendings.has(id)) return
    this.#sendings.set(id, [])
    if (doomed) this.#doomed.add(id)
    // as docs/sends.md has their ids
    const ids = Array.from({ length: children }, (_, index) => `${id}.${index + 1}`)
    this.#childrenOf.set(id, ids)
    for (const child of ids) {
      this.attempt(child, false)
      this.#parentOf.set(child, id)
    }
  }

  /** A task was sent, and `confirmed` or not known to be. */
  sent(id: string, sending: Sending, confirmed: boolean): void {
    this.#sendings.get(id)?.push(sending)
    const { producer: by, from, to, due } = sending
    this.#note({ event: 'sent', at: from, id, by, due })
    this.#note({ event: confirmed ? 'confirmed' : 'unconfirmed', at: to, id, by, since: from })
    if (!confirmed) return
    // what its handler sends is as certain from now on
    for (const each of [id, ...(this.#childrenOf.get(id) ?? [])]) this.#confirmed.add(each)
  }

  /** A worker's line about a try. */
  line({ id, outcome, class: by, startedAt, durationMs }: TriedLine): void {
    const since = Date.parse(startedAt)
    const at = since + durationMs
    this.#note({ event: 'ended', at, id, by, outcome })
    // a worker acknowledges when what the handler has sent is confirmed
    if (outcome === 'done')
      for (const child of this.#childrenOf.get(id) ?? [])
        this.#note({ event: 'confirmed', at, id: child, by, since })
    if (outcome === 'done') this.#doneByLog.add(id)
    if (outcome === 'failed' && this.#childrenOf.get(id)?.length) this.#sendsRefused.add(id)
  }

  effect(effect: Effect): void {
    this.#effects.push(effect)
    this.#doneByEffect.add(effect.id)
    const { id, worker: by, from: since, to: at } = effect
    this.#note({ event: 'done', at, id, by, since })
    for (const child of this.#childrenOf.get(id) ?? []) this.#note({ event: 'sent', at, id: child, by })
  }

  /** A handler has begun. */
  begun({ id, worker: by, from: at }: Pick<Effect, 'id' | 'worker' | 'from'>): void {
    this.#note({ event: 'begun', at, id, by })
  }

  /** A dead letter was taken off its queue. */
  dead(id: string, reason: string): void {
    this.#dead.add(id)
    this.#note({ event: 'dead', at: Date.now(), id, by: 'dead-letter queue', reason })
  }

  /** An operator is about to cancel these: they may be done, or not. */
  cancelled(ids: readonly string[]): void {
    for (const id of ids) {
      this.#cancelled.add(id)
      this.#note({ event: 'cancelled', at: Date.now(), id, by: 'operator' })
    }
  }

  episode(episode: Episode): void {
    this.#episodes.push(episode)
    const { kind, from, to, touched } = episode
    this.#note({ event: 'fault', at: to, kind, from, to, touched })
  }

  get episodes(): readonly Episode[] {
    return this.#episodes
  }

  /** Confirmed, and neither done nor dead nor cancelled so far. */
  unsettled(): string[] {
    return this.#neither((id) => this.isDone(id) || this.#dead.has(id))
  }

  /** It can end as a dead letter only. */
  isDoomed(id: string): boolean {
    return this.#doomed.has(id)
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

  /** Confirmed, and neither done nor certain to end otherwise: what the workers still have before them, about. */
  get open(): number {
    return this.#confirmed.size - this.#doneByEffect.size - this.#doomed.size - this.#cancelled.size
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
      lost: this.#neither((id) => ends.has(id)),
      unexpected: [...ends].filter((id) => !this.#sendings.has(id)),
      repeats: [...byId.values()].flatMap((runs) => this.#repeats(runs, byId)),
      // a queue that is full for longer than all tries makes dead letters of the tasks that send: docs/sends.md
      wronglyDead: [...this.#dead].filter((id) => !this.#doomed.has(id) && !this.#sendsRefused.has(id)),
      doneByLogOnly: [...this.#doneByLog].filter((id) => !byId.has(id)),
    }
  }

  /** What was confirmed, and has not ended. A dead letter sends nothing. */
  #neither(ended: (id: string) => boolean): string[] {
    const isExpected = (id: string) =>
      !this.#cancelled.has(id) && !this.#dead.has(this.#parentOf.get(id) ?? '')
    return [...this.#confirmed].filter((id) => !ended(id) && isExpected(id))
  }

  #repeats(runs: readonly Effect[], byId: ReadonlyMap<string, readonly Effect[]>): Repeat[] {
    // a frozen worker ends what it has begun when it goes on: after the one that has repeated it
    const inOrder = runs.toSorted((a, b) => a.from - b.from)
    return inOrder.slice(1).map((repeat, index) => {
      const earlier = inOrder[index] as Effect
      const sent = this.#sentBy(repeat.id, byId)
      const sentBy = byId.get(this.#parentOf.get(repeat.id) ?? '') ?? []
      const because =
        this.#metBy(earlier) ??
        this.#sentTwiceBy(sent) ??
        this.#refusedBy([earlier, ...sentBy]) ??
        this.#handedDownTwiceBy(sent, earlier)
      return { ...repeat, because, earlier, sent }
    })
  }

  /** What a handler sends, it sends once more when its task is tried again, and when that was sent twice. */
  #sentBy(id: string, byId: ReadonlyMap<string, readonly Effect[]>): readonly Sending[] {
    const parent = this.#parentOf.get(id)
    if (parent === undefined) return this.#sendings.get(id) ?? []
    const runs = byId.get(parent) ?? []
    const publishing = runs.map(({ worker, from, to }) => ({
      producer: worker,
      from,
      to: to + ackOnItsWayMs,
    }))
    return [...this.#sentBy(parent, byId), ...publishing]
  }

  #metBy({ worker, from, to }: Effect): string | undefined {
    return this.#episodes.find((episode) => touches(episode, worker, from, to + ackOnItsWayMs))?.kind
  }

  /**
   * Such as a full queue: it keeps no task from being done, but for those whose handlers send. What was confirmed of
   * their sends comes again with each of their tries.
   */
  #refusedBy(runs: readonly Effect[]): string | undefined {
    for (const { id, from, to } of runs) {
      if (!this.#sendsRefused.has(id)) continue
      const until = to + ackOnItsWayMs
      const episode = this.#episodes.find((each) => each.from <= until && each.to >= from)
      if (episode) return `${episode.kind} (sends were refused)`
    }
    return undefined
  }

  /** A node that dies while it hands a task for later down may hand it down twice: docs/later.md. */
  #handedDownTwiceBy(sent: readonly Sending[], earlier: Effect): string | undefined {
    const [first] = sent.filter(({ due }) => due !== undefined)
    const episode =
      first &&
      this.#episodes.find(({ ofBroker, from, to }) => ofBroker && from <= earlier.to && to >= first.from)
    return episode && `${episode.kind} (handed down twice)`
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
