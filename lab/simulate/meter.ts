/** A count over time. */
export interface Meter {
  readonly value: number
  add(by: number): void
  /** The count × seconds, so far. */
  total(): number
}

export function createMeter(now: () => number): Meter {
  let value = 0
  let sum = 0
  let since = 0
  const total = () => {
    sum += value * (now() - since)
    since = now()
    return sum
  }
  return {
    get value() {
      return value
    },
    add(by) {
      total()
      value += by
    },
    total,
  }
}
