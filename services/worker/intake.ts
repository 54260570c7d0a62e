/** Whether the slots of a process may consume: one valve for all of them. */
export class Intake {
  #isOpen = true
  #change = Promise.withResolvers<void>()

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Resolves when it is next opened or closed. */
  get changed(): Promise<void> {
    return this.#change.promise
  }

  /** Closed: slots finish what runs and take nothing more. Opened: they consume again. */
  set(open: boolean): void {
    if (open === this.#isOpen) return
    this.#isOpen = open
    this.#change.resolve()
    this.#change = Promise.withResolvers()
  }
}
