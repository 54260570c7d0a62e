/**
 * How long to wait after so many failures in a row, in milliseconds: doubled each time from 100 ms to 10 s, and half of
 * it left to chance, so that a hundred workers do not return to a broker in one moment.
 */
export function backoffMs(failures: number): number {
  const maxMs = Math.min(10_000, 100 * 2 ** failures)
  return Math.round(maxMs * (0.5 + Math.random() / 2))
}
