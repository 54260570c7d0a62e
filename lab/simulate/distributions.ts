import type { Random } from '../random.ts'

/** A random amount. */
export type Sample = (random: Random) => number

/** log(1 − u): finite, since `next` never gives 1. */
const minusLog = (random: Random) => -Math.log(1 - random.next())

export const exponential =
  (mean: number): Sample =>
  (random) =>
    mean * minusLog(random)

/** By its median and the value that one in twenty exceeds. */
export function logNormal(median: number, share95: number): Sample {
  const sigma = Math.log(share95 / median) / 1.6449
  return (random) => median * Math.exp(sigma * normal(random))
}

/** With a finite mean and, up to a shape of 2, no variance. @param shape above 1 */
export function pareto(mean: number, shape: number): Sample {
  const least = (mean * (shape - 1)) / shape
  return (random) => least * Math.exp(minusLog(random) / shape)
}

/** Never above the most. */
export const atMost =
  (most: number, sample: Sample): Sample =>
  (random) =>
    Math.min(most, sample(random))

/** Standard normal, by Box and Muller. */
function normal(random: Random): number {
  return Math.sqrt(2 * minusLog(random)) * Math.cos(2 * Math.PI * random.next())
}
