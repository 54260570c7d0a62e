import { seededRandom } from '../random.ts'
import { optimum } from '../tutorial/experiments/optimum.ts'

/** Processes of a crew: slots that all take `factor` times as long as the fastest. */
export interface Member {
  readonly factor: number
  readonly slots: number
}
export type Crew = readonly Member[]

/** Tasks for a crew. */
export interface Mix {
  readonly id: string
  /** Of the tasks on the fastest worker, in whole milliseconds, in the order in which they are published. */
  readonly lengths: readonly number[]
}

/** The tutorial's two workers, and more of more speeds. */
export const crews: readonly Crew[] = [
  [
    { factor: 2, slots: 1 },
    { factor: 1, slots: 1 },
  ],
  [4, 2, 1.5, 1].map((factor) => ({ factor, slots: 2 })),
  [4, 2, 1.5, 1].map((factor) => ({ factor, slots: 8 })),
]

/** The tutorial's tasks: 1 s on the slow worker and 0.5 s on the fast one. */
export const tutorial: Mix = { id: 'tutorial', lengths: Array.from({ length: 50 }, () => 500) }

const meanMs = 150
/** So that a run ends: what a heavy tail is cut off at. */
const maxMs = 2_000
const seed = 7

/** Heavy tails: of many short tasks, a few are as long as dozens. 20 tasks for each slot. */
export function heavyTailed(slots: number): readonly Mix[] {
  const random = seededRandom(seed)
  const tasks = (draw: () => number) =>
    Array.from({ length: slots * 20 }, () => Math.max(1, Math.min(maxMs, Math.round(draw()))))
  const sigma = 1.2
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
  const alpha = 1.5
  return [
    { id: 'log-normal', lengths: tasks(() => meanMs * Math.exp(sigma * normal() - sigma ** 2 / 2)) },
    // of mean meanMs before the cut
    {
      id: 'pareto',
      lengths: tasks(() => (meanMs * (alpha - 1)) / alpha / (1 - random.next()) ** (1 / alpha)),
    },
  ]
}

export const slotsOf = (crew: Crew) => crew.reduce((sum, { slots }) => sum + slots, 0)
const speedOf = (crew: Crew) => crew.reduce((sum, { slots, factor }) => sum + slots / factor, 0)

/** What no schedule is below, in milliseconds. On two slots it is the best makespan; on more, none need reach it. */
export function minMakespan({ lengths }: Mix, crew: Crew): number {
  const [one, other, ...more] = crew
  if (one && other && more.length === 0 && slotsOf(crew) === 2) {
    return optimum(lengths, [
      { factor: one.factor, from: 0 },
      { factor: other.factor, from: 0 },
    ])
  }
  const work = lengths.reduce((sum, length) => sum + length, 0)
  const fastest = Math.min(...crew.map(({ factor }) => factor))
  return Math.max(work / speedOf(crew), Math.max(...lengths) * fastest)
}

/**
 * How much longer than {@link minMakespan} any dispatch takes that knows neither lengths nor speeds and lets no worker wait while
 * there are tasks: at most 1 + s_max / s_min - s_max / S. When the last task starts all are busy, so it starts by
 * (P - p) / S and ends p / s_min later; {@link minMakespan} is at least P / S, and at least p / s_max. Equal speeds give
 * Graham's 2 - 1/m (SIAM J. Appl. Math. 17, 1969).
 */
export function provenBound(crew: Crew): number {
  const speeds = crew.map(({ factor }) => 1 / factor)
  const [fastest, slowest] = [Math.max(...speeds), Math.min(...speeds)]
  return 1 + fastest / slowest - fastest / speedOf(crew)
}
