import type { Times } from '../target/task-records.ts'

/** In milliseconds. */
export const day = 86_400_000
/** A worker's clock may be ahead. */
const ahead = 60_000

/** Until now where no end is given, and from so many milliseconds before the end. */
export function timesOf({ from, to }: Partial<Times>, before: number): Times {
  const end = to ?? Date.now() + ahead
  return { from: from ?? end - before, to: end }
}
