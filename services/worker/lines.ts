/** How long a line that can wait does so, in milliseconds. */
const maxWaitMs = 10

/**
 * The process's output, in the order in which it was said. A write costs a system call, which a task that does nothing
 * would feel: so lines that can wait are written together, some milliseconds later, and before any that cannot.
 */
export class Lines {
  readonly #write: (text: string) => void
  #waiting = ''
  #timer: NodeJS.Timeout | undefined

  constructor(write: (text: string) => void) {
    this.#write = write
  }

  /** Writes it at once. */
  now(line: string): void {
    this.#waiting += `${line}\n`
    this.flush()
  }

  /** Writes it within ten milliseconds. It is lost where the process is killed before. */
  soon(line: string): void {
    this.#waiting += `${line}\n`
    this.#timer ??= setTimeout(() => this.flush(), maxWaitMs)
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const text = this.#waiting
    this.#waiting = ''
    if (text !== '') this.#write(text)
  }
}
