import { valuesPerLine } from './emit.ts'

/**
 * A fair sample of the values of one interval, of bounded size: percentiles of it are those of all, and a metric never
 * costs more than one line an interval. (Reservoir sampling: Vitter, https://doi.org/10.1145/3147.3165)
 */
export class Sample {
  #values: number[] = []
  #seen = 0

  add(value: number): void {
    this.#seen += 1
    if (this.#values.length < valuesPerLine) this.#values.push(value)
    else {
      const index = Math.floor(Math.random() * this.#seen)
      if (index < valuesPerLine) this.#values[index] = value
    }
  }

  /** Gives the sample and begins the next. */
  take(): readonly number[] {
    const taken = this.#values
    this.#values = []
    this.#seen = 0
    return taken
  }
}
