import { type Facts, isQuiet, perClass, type WorkerClass } from './facts.ts'

/**
 * Something that an experiment says will happen. Looks at counts and order only, never at milliseconds: those depend
 * on the machine.
 * @returns what contradicts it; undefined where nothing does
 */
export type Claim = (facts: Facts) => string | undefined

export const nothingLost: Claim = ({ lost }) => (lost > 0 ? `${lost} tasks were lost` : undefined)

export const nothingTwice: Claim = ({ duplicated }) =>
  duplicated > 0 ? `${duplicated} tasks were done twice` : undefined

export const nothingLeft: Claim = ({ left }) =>
  left > 0 ? `the broker still holds ${left} tasks` : undefined

/** A queue gives out what somebody sends in its order; only what comes back after a failure may be out of turn. */
export const inOrder: Claim = ({ bars }) => {
  const last = perClass(() => new Map<string, number>())
  for (const { worker, sender, number, kind } of bars) {
    if (kind !== 'done') continue
    if (number < (last[worker].get(sender) ?? number))
      return `the ${worker} worker did task ${number} after a later one`
    last[worker].set(sender, number)
  }
  return undefined
}

/** Of one worker; what another begins at the same moment may be written in any order. */
export const inOrderOn =
  (name: WorkerClass): Claim =>
  ({ bars, ...facts }) =>
    inOrder({ ...facts, bars: bars.filter(({ worker }) => worker === name) })

/** The slow worker computes, the fast one waits, and neither ever has a task of the other's queue. */
export const eachFromItsQueue: Claim = ({ bars }) => {
  const wrong = bars.find(({ worker, sender }) => (worker === 'slow') !== (sender === 'computes'))
  return wrong && `the ${wrong.worker} worker had ${wrong.task} of the other queue`
}

/** At least half of those that wait had begun when the first of them ended. */
export const waitedTogether: Claim = ({ bars }) => {
  const waiting = bars.filter(({ sender }) => sender === 'waits')
  const firstEnd = Math.min(...waiting.map(({ end }) => end))
  const begun = waiting.filter(({ start }) => start < firstEnd).length
  return begun < waiting.length / 2
    ? `only ${begun} of ${waiting.length} tasks that wait had begun when the first of them ended`
    : undefined
}

/** ± 1, since the broker may begin with either worker and skip a turn. */
export const halves: Claim = ({ split }) =>
  Math.abs(split.slow - split.fast) > 2 ? `the split is ${shown(split)}, not half each` : undefined

export const allOnFirst: Claim = ({ split }) =>
  split.fast > 0 ? `the split is ${shown(split)}, the first worker did not take all` : undefined

/** From when the second worker had its first task, it takes no fewer than the first. */
export const sharedOnceBothAreThere: Claim = ({ bars, split }) => {
  const second = bars.find(({ worker }) => worker === 'fast')
  if (!second)
    return `the split is ${shown(split)}, the second worker got nothing (more tasks, or longer ones?)`
  const since = bars.filter(({ start }) => start >= second.start)
  const [slow = 0, fast = 0] = ['slow', 'fast'].map(
    (name) => since.filter(({ worker }) => worker === name).length,
  )
  return fast + 1 < slow ? `of the last ${since.length} tasks the second worker got ${fast}` : undefined
}

/** Nine tenths of what its speed entitles it to: 30 of 50 for a worker twice as fast. */
export const fastDoesMore =
  (slowdown: number): Claim =>
  ({ split, tasks }) => {
    const least = Math.floor((0.9 * tasks * slowdown) / (slowdown + 1))
    return split.fast < least
      ? `the split is ${shown(split)}, the fast worker did fewer than ${least}`
      : undefined
  }

/** Of tasks of different length too, though how many more depends on their lengths; workers of nearly one speed share evenly. */
export const fastDoesMoreThanSlow =
  (slowdown: number): Claim =>
  ({ split }) =>
    slowdown >= 1.5 && split.fast <= split.slow ? `the split is ${shown(split)}` : undefined

export const diedWithTheWorker: Claim = ({ lost, killedMs }) => {
  if (killedMs === undefined) return 'no worker was killed'
  return lost === 0 ? 'no task was lost with the killed worker' : undefined
}

export const cameBackFromTheDead: Claim = ({ repeated, killedMs }) => {
  if (killedMs === undefined) return 'no worker was killed'
  return repeated === 0 ? 'no task came back from the killed worker' : undefined
}

/** The long tasks are published first, so each worker begins with one. */
export const oneLongTaskEach: Claim = ({ bars }) => {
  const [slow, fast] = ['slow', 'fast'].map((name) => bars.find(({ worker }) => worker === name)?.number)
  const both = [slow, fast].every((number) => number === 1 || number === 2)
  return both
    ? undefined
    : `the workers began with tasks ${slow ?? 'none'} and ${fast ?? 'none'}, not with 1 and 2`
}

/** First in, first out; two workers that take a task each at the same time may begin in either order. */
export const quietGoLast: Claim = ({ bars }) => {
  const noisyAfter = bars.slice(bars.findIndex(isQuiet)).filter((bar) => !isQuiet(bar)).length
  return noisyAfter > 1 ? `${noisyAfter} of the many tasks were begun after one of the few` : undefined
}

/** Half, since the workers begin with the many before the few are published. */
export const quietGoFirst: Claim = ({ bars }) => {
  const noisy = bars.filter((bar) => !isQuiet(bar)).length
  const before = bars.slice(0, bars.findLastIndex(isQuiet)).filter((bar) => !isQuiet(bar)).length
  return before > noisy / 2
    ? `${before} of the ${noisy} tasks of the many were begun before the few`
    : undefined
}

function shown({ slow, fast }: Facts['split']): string {
  return `${slow} slow / ${fast} fast`
}
