import type { Placed } from '../../ops/assembly.ts'
import { seededRandom } from '../random.ts'
import type { Contestant } from './contestant.ts'
import { logNormal } from './distributions.ts'
import { type Figures, figuresOf } from './figures.ts'
import type { Load } from './loads.ts'
import { fargateStart } from './parameters.ts'
import { idealOf, peersOf, vcpuOf } from './peers.ts'
import { type Minute, simulate } from './simulate.ts'
import { type Verdict, verdictOf } from './verdict.ts'

export interface Result {
  readonly contestant: string
  readonly figures: Figures
  readonly minutes: readonly Minute[]
}

/** One load on all contestants: ours first, the ideal last. */
export interface Comparison {
  readonly load: Load
  readonly tasks: number
  /** Of all workers at the most. */
  readonly vcpu: number
  readonly results: readonly Result[]
  readonly verdicts: readonly Verdict[]
}

export interface Settings {
  readonly ours: Contestant
  /** Ours with target tracking. */
  readonly tracked: Contestant
  /** The resources of CDK's QueueProcessingFargateService. */
  readonly pattern: readonly Placed[]
  readonly seed: number
  /** Median of how long a worker takes to start, in seconds. */
  readonly startSeconds: number
}

/** All meet the same tasks. */
export function compare(load: Load, settings: Settings, show: (contestant: string) => void): Comparison {
  const { ours, tracked, pattern, seed, startSeconds } = settings
  const vcpu = vcpuOf(ours.classes)
  const tasks = load.tasks(vcpu, seededRandom(seed))
  const { medianSeconds, share95Seconds } = fargateStart
  const start = logNormal(startSeconds, (startSeconds * share95Seconds) / medianSeconds)
  const run = (contestant: Contestant): Result => {
    show(contestant.name)
    const outcome = simulate({ tasks, contestant, random: seededRandom(seed + 1), startSeconds: start })
    return {
      contestant: contestant.name,
      figures: figuresOf(contestant, outcome),
      minutes: outcome.minutes,
    }
  }
  const mine = run(ours)
  const others = [tracked, ...peersOf(ours, pattern, tasks)].map(run)
  return {
    ...{ load, vcpu, tasks: tasks.arrivals.length },
    results: [mine, ...others, run(idealOf(ours))],
    verdicts: others.map(({ contestant, figures }) => verdictOf(mine.figures, contestant, figures)),
  }
}
