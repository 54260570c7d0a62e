import type { Random } from '../random.ts'
import { atMost, exponential, logNormal, pareto, type Sample } from './distributions.ts'

/** What is to be done. Times in seconds since the start, in order. */
export interface Tasks {
  readonly arrivals: Float64Array
  /** Seconds on a whole vCPU. */
  readonly work: Float64Array
  /** How long the load is looked at, the time after its last task included in which workers may go. */
  readonly seconds: number
}

export interface Load {
  readonly id: string
  readonly title: string
  /** Sized for so many vCPU at the most, so that each environment meets the same in proportion. */
  tasks(vcpu: number, random: Random): Tasks
}

const [minute, hour] = [60, 3_600]
/** Mean of a task where nothing else is said. */
const taskSeconds = 5
/** After the last task: until the slowest scale-in has ended. */
const rest = hour

export const loads: readonly Load[] = [
  {
    id: 'steady',
    title: '40 % of all capacity for four hours, exponential tasks of 5 s',
    tasks: (vcpu, random) => poisson(random, 4 * hour, (0.4 * vcpu) / taskSeconds, exponential(taskSeconds)),
  },
  {
    id: 'daily-wave',
    title: 'a day from 2 % of all capacity at night to 70 % at noon, tasks of 5 s',
    tasks: (vcpu, random) =>
      poisson(random, 24 * hour, (0.7 * vcpu) / taskSeconds, exponential(taskSeconds), wave(24 * hour, 0.03)),
  },
  {
    id: 'burst',
    title: '50,000 equal tasks at once, a quarter of an hour of work for all capacity',
    tasks: (vcpu) => burst(50_000, (vcpu * 15 * minute) / 50_000),
  },
  {
    id: 'stop-and-go',
    title: 'ten minutes at 80 % of all capacity, twenty of nothing, six times, tasks of 5 s',
    tasks: (vcpu, random) =>
      poisson(random, 3 * hour, (0.8 * vcpu) / taskSeconds, exponential(taskSeconds), (at) =>
        at % (30 * minute) < 10 * minute ? 1 : 0,
      ),
  },
  {
    id: 'log-normal',
    title:
      'waves of two hours up to 60 % of all capacity, log-normal tasks: median 1 s, one in twenty over 20 s',
    tasks: (vcpu, random) => heavy(vcpu, random, atMost(hour, logNormal(1, 20)), logNormalMean(1, 20)),
  },
  {
    id: 'pareto',
    title: 'the same waves, Pareto tasks of 5 s in the mean with shape 1.5, at most an hour',
    tasks: (vcpu, random) => heavy(vcpu, random, atMost(hour, pareto(taskSeconds, 1.5)), taskSeconds),
  },
  {
    id: 'trickle',
    title: 'one task of 20 s a minute, for six hours',
    tasks: (_, random) => {
      const arrivals = Float64Array.from({ length: 360 }, (_, index) => (index + random.next()) * minute)
      return { arrivals, work: arrivals.map(() => 20), seconds: 6 * hour + rest }
    },
  },
]

/** Up and down as a cosine, from `least` to 1. */
const wave = (period: number, least: number) => (at: number) =>
  least + (1 - least) * (0.5 - 0.5 * Math.cos((2 * Math.PI * at) / period))

const heavy = (vcpu: number, random: Random, work: Sample, mean: number) =>
  poisson(random, 6 * hour, (0.6 * vcpu) / mean, work, wave(2 * hour, 0.05))

function logNormalMean(median: number, share95: number): number {
  return median * Math.exp((Math.log(share95 / median) / 1.6449) ** 2 / 2)
}

function burst(count: number, work: number): Tasks {
  return { arrivals: new Float64Array(count), work: new Float64Array(count).fill(work), seconds: rest }
}

/**
 * A Poisson process, thinned where the rate is lower than its most.
 * @param perSecond the most
 * @param share of it at a time, 0 to 1
 */
export function poisson(
  random: Random,
  seconds: number,
  perSecond: number,
  work: Sample,
  share: (at: number) => number = () => 1,
): Tasks {
  const gap = exponential(1 / perSecond)
  const arrivals: number[] = []
  for (let at = gap(random); at < seconds; at += gap(random)) if (random.next() < share(at)) arrivals.push(at)
  return {
    arrivals: Float64Array.from(arrivals),
    work: Float64Array.from(arrivals, () => work(random)),
    seconds: seconds + rest,
  }
}
