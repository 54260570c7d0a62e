/** So many waits are kept of each group, the latest. */
const keptWaits = 1_000

/** What a group of tasks waited. */
export interface Waited {
  readonly done: number
  /** How long the last thousand had waited, in milliseconds; null where there is none. */
  readonly p50: number | null
  readonly p95: number | null
}

interface Group {
  done: number
  /** The next one's place is `added` modulo their number. */
  readonly waits: Float64Array
  added: number
}

/** Tasks that were done, in groups by a name, and how long they had waited. */
export class Waits {
  readonly #maxGroups: number
  /** In the order of their last tasks. */
  readonly #groups = new Map<string, Group>()

  /** @param maxGroups of more, those that had no task for the longest are forgotten */
  constructor(maxGroups: number) {
    this.#maxGroups = maxGroups
  }

  /** @param waitMs null where it is not known */
  add(name: string, waitMs: number | null): void {
    const group = this.#groups.get(name) ?? { done: 0, waits: new Float64Array(keptWaits), added: 0 }
    group.done += 1
    if (waitMs !== null) {
      group.waits[group.added % keptWaits] = waitMs
      group.added += 1
    }
    this.#groups.delete(name)
    this.#groups.set(name, group)
    const [leastRecent] = this.#groups.keys()
    if (this.#groups.size > this.#maxGroups && leastRecent !== undefined) this.#groups.delete(leastRecent)
  }

  of(name: string): Waited {
    const group = this.#groups.get(name)
    const waits = group?.waits.slice(0, group.added).sort() ?? []
    const quantile = (share: number) => waits[Math.ceil(share * waits.length) - 1] ?? null
    return { done: group?.done ?? 0, p50: quantile(0.5), p95: quantile(0.95) }
  }

  /** So many names, those with the most tasks first. */
  most(count: number): string[] {
    const byDone = [...this.#groups].toSorted(([, one], [, other]) => other.done - one.done)
    return byDone.slice(0, count).map(([name]) => name)
  }
}
