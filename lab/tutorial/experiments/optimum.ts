/** A worker as a schedule sees it. Times are in milliseconds since the start of the run. */
export interface Machine {
  /** How long it takes for a task, relative to the task's length: 2 takes twice as long. */
  readonly factor: number
  /** When it began to take tasks. */
  readonly from: number
  /** When it was killed: what it had not finished by then does not count. */
  readonly until?: number
}

/**
 * The end of the best possible schedule of these tasks on two machines, in milliseconds: the bound that any
 * dispatcher is measured against, one that knows all lengths and speeds in advance included. Exact: of all total lengths
 * that some choice of tasks gives to the first machine (dynamic programming over the sums), the one that ends earliest.
 *
 * @param lengths of the tasks in whole milliseconds at factor 1, so that there are few different sums
 * @returns Infinity when the machines are killed before all could be done
 */
export function optimum(lengths: readonly number[], [one, other]: readonly [Machine, Machine]): number {
  let sums = new Set([0])
  for (const length of lengths) sums = new Set([...sums].flatMap((sum) => [sum, sum + length]))
  const total = lengths.reduce((sum, length) => sum + length, 0)
  return Math.min(...[...sums].map((sum) => Math.max(end(one, sum), end(other, total - sum))))
}

/** When a machine has done its share; one that has none ends at once. */
function end({ factor, from, until = Number.POSITIVE_INFINITY }: Machine, share: number): number {
  if (share === 0) return 0
  const at = from + share * factor
  return at <= until ? at : Number.POSITIVE_INFINITY
}
