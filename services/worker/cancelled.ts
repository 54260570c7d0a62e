import type { CancelledList } from '../contract/cancelled.ts'
import type { Ending } from './outcome.ts'

/** How a task ends whose id is on the list. */
export const cancelledEnding: Ending = { outcome: 'cancelled', reason: 'cancelled by an operator' }

/** The ids that an operator has cancelled, as far as this worker knows: the newest list that it has seen. */
export class Cancelled {
  #version = -1
  #until: ReadonlyMap<string, number> = new Map()
  readonly #changed: () => void

  /** @param changed is called after each change */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  has(id: string): boolean {
    const until = this.#until.get(id)
    return until !== undefined && until > Date.now()
  }

  set({ version, tasks }: CancelledList): void {
    if (version <= this.#version) return
    this.#version = version
    this.#until = new Map(tasks.map(({ id, until }) => [id, until]))
    this.#changed()
  }
}
