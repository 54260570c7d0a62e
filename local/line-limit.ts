/** Prints no more in a second than can be read. */
export interface LineLimit {
  /** Prints it, or counts it where there were enough in this second. */
  print(line: string): void
  /** Prints it in any case. */
  always(line: string): void
  stop(): void
}

/**
 * A terminal that scrolls faster than one can read says nothing, and takes time from the workers.
 * @param perSecond how many lines are printed
 * @param left what is printed of the others when the second is over
 */
export function createLineLimit(perSecond: number, left: (count: number) => string): LineLimit {
  let printed = 0
  let others = 0
  const timer = setInterval(() => {
    if (others > 0) console.log(left(others))
    printed = others = 0
  }, 1_000)
  const always = (line: string) => {
    printed += 1
    console.log(line)
  }
  return {
    print(line) {
      if (printed < perSecond) always(line)
      else others += 1
    },
    always,
    stop: () => clearInterval(timer),
  }
}
