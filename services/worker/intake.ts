/** Who may close it: the protection from scale-in for a gap, the operator for as long as the queue is paused. */
export type IntakeKeeper = 'protection' | 'operator'

/** Whether the slots of a process may consume: one valve for all of them, open while nobody keeps it closed. */
export class Intake {
  readonly #closedBy = new Set<IntakeKeeper>()
  #change = Promise.withResolvers<void>()

  get isOpen(): boolean {
    return this.#closedBy.size === 0
  }

  /** Resolves when it is next opened or closed. */
  get changed(): Promise<void> {
    return this.#change.promise
  }

  /** Closed: slots finish what runs and take nothing more. Opened by all: they consume again. */
  set(open: boolean, by: IntakeKeeper): void {
    const before = this.isOpen
    if (open) this.#closedBy.delete(by)
    else this.#closedBy.add(by)
    if (this.isOpen === before) return
    this.#change.resolve()
    this.#change = Promise.withResolvers()
  }
}
