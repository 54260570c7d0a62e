const maxMs = 60_000

/**
 * Watches a figure that has to change while work goes on.
 * @param what it is, for the error
 * @returns takes each look at it; throws when it has been the same for a minute, since it would be for ever
 */
export function watchForStall(what: string): (figure: number) => void {
  let last = Number.NaN
  let since = performance.now()
  return (figure) => {
    const now = performance.now()
    if (figure !== last) since = now
    last = figure
    if (now - since > maxMs) throw new Error(`${what} has been ${figure} for ${maxMs / 1_000} s`)
  }
}
