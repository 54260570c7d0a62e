import * as claim from './claims.ts'
import { type Facts, isQuiet, type PerClass } from './facts.ts'

/** One point of the lesson: how the workers are set, what happens to them, and what must then be seen. */
export interface Experiment {
  readonly id: string
  readonly title: string
  readonly ack: 'auto' | 'manual'
  readonly prefetch: '1' | '0'
  /** `late`: the fast worker starts when the slow one has done its first task. `killed`: the slow one is killed in mid-run. */
  readonly event?: 'late' | 'killed'
  /** Two long tasks, then eight short ones, instead of equal tasks. */
  readonly mixed?: true
  /** One tenant sends most of the tasks, and nine others theirs after it: whether the tasks name their tenant. */
  readonly tenants?: 'unnamed' | 'named'
  /** CPU of each worker, 1 being a whole one: tasks compute then, and what slows the slow worker down is its CPU alone. */
  readonly cpus?: PerClass<number>
  /** The slow worker has a queue with tasks that compute, the fast one another with tasks that wait, in one thread. */
  readonly queues?: true
  /** Whether it should come close to the best possible schedule. */
  readonly nearOptimum: boolean
  /** What it shows, in one sentence. */
  readonly shows: (facts: Facts) => string
  /** @param quiet whether the machine had the CPU that the workers were to have */
  readonly claims: (slowdown: number, quiet: boolean) => readonly claim.Claim[]
}

/** Those of the sandbox's worker classes `small` and `large`. */
const cpus = { slow: 0.25, fast: 1 }

const withoutFault = [claim.nothingLost, claim.nothingTwice, claim.nothingLeft, claim.inOrder]

/** All experiments, in the order in which they tell the story. */
export const experiments = [
  {
    id: 'auto-ack',
    title: 'Automatic acknowledgement',
    ack: 'auto',
    prefetch: '0',
    nearOptimum: false,
    shows: () =>
      'Tasks are dealt out one by one, to the slow and the fast alike: the run lasts as long as the slow half.',
    claims: () => [...withoutFault, claim.halves],
  },
  {
    id: 'late-worker',
    title: 'A second worker that comes late',
    ack: 'manual',
    prefetch: '0',
    event: 'late',
    nearOptimum: false,
    shows: () => 'The first worker takes every task at once; whoever comes later stands idle.',
    claims: () => [...withoutFault, claim.allOnFirst],
  },
  {
    id: 'late-worker-fair',
    title: 'A second worker that comes late, with prefetch 1',
    ack: 'manual',
    prefetch: '1',
    event: 'late',
    nearOptimum: true,
    shows: () =>
      'The tasks have stayed in the queue: the second worker takes its share from the moment it is there.',
    claims: () => [...withoutFault, claim.sharedOnceBothAreThere],
  },
  {
    id: 'crash-auto-ack',
    title: 'A worker dies, automatic acknowledgement',
    ack: 'auto',
    prefetch: '0',
    event: 'killed',
    nearOptimum: false,
    shows: ({ lost }) =>
      `The broker forgets a task when it hands it out: ${lost} tasks are lost with the worker.`,
    claims: () => [claim.diedWithTheWorker, claim.nothingTwice, claim.nothingLeft, claim.inOrder],
  },
  {
    id: 'crash-manual-ack',
    title: 'A worker dies, manual acknowledgement',
    ack: 'manual',
    prefetch: '0',
    event: 'killed',
    nearOptimum: true,
    // one that dies between doing and acknowledging makes its task be done twice: that contradicts nothing
    shows: ({ repeated }) =>
      `What the dead worker had not acknowledged goes to the other: ${repeated} given out again, none lost.`,
    claims: () => [claim.cameBackFromTheDead, claim.nothingLost, claim.nothingLeft, claim.inOrder],
  },
  {
    id: 'manual-no-prefetch',
    title: 'Manual acknowledgement alone',
    ack: 'manual',
    prefetch: '0',
    nearOptimum: false,
    shows: () => 'Acknowledging by hand keeps tasks safe, and changes nothing about who gets them.',
    claims: () => [...withoutFault, claim.halves],
  },
  {
    id: 'fair',
    title: 'Manual acknowledgement and prefetch 1',
    ack: 'manual',
    prefetch: '1',
    nearOptimum: true,
    shows: () =>
      'Fair dispatch: a worker gets its next task when it has finished the last. The able do more.',
    claims: (slowdown) => [...withoutFault, claim.fastDoesMore(slowdown)],
  },
  {
    id: 'mixed-durations',
    title: 'Two long tasks and eight short ones',
    ack: 'manual',
    prefetch: '1',
    mixed: true,
    nearOptimum: true,
    shows: ({ split, busyMs }) =>
      `Time is balanced, not the number of tasks: ${split.slow} against ${split.fast}, ${seconds(busyMs.slow)} of work against ${seconds(busyMs.fast)}.`,
    claims: (slowdown) => [...withoutFault, claim.oneLongTaskEach, claim.fastDoesMoreThanSlow(slowdown)],
  },
  {
    id: 'cpu-no-prefetch',
    title: 'A quarter of a CPU against a whole one, no prefetch limit',
    ack: 'manual',
    prefetch: '0',
    cpus,
    nearOptimum: false,
    shows: () =>
      'The broker knows nothing of CPUs: each worker is given half, and the whole CPU stands idle.',
    claims: () => [...withoutFault, claim.halves],
  },
  {
    id: 'cpu-fair',
    title: 'A quarter of a CPU against a whole one, prefetch 1',
    ack: 'manual',
    prefetch: '1',
    cpus,
    // the kernel grants a quota in slices of time, some of them as long as a task
    nearOptimum: false,
    shows: ({ split }) =>
      `Nobody told the broker which worker is the larger: ${split.slow} tasks went to the quarter of a CPU, ${split.fast} to the whole one.`,
    claims: (slowdown, quiet) => [...withoutFault, ...(quiet ? [claim.fastDoesMore(slowdown)] : [])],
  },
  {
    id: 'noisy-neighbour',
    title: 'One sends many tasks, and nine others some after it',
    ack: 'manual',
    prefetch: '1',
    tenants: 'unnamed',
    nearOptimum: true,
    shows: ({ bars }) =>
      `Fair between workers is not yet fair between those who send: whoever comes after the many waits for all of them, here ${seconds(Math.min(...quietStarts(bars)))} and more.`,
    claims: () => [...withoutFault, claim.quietGoLast],
  },
  {
    id: 'noisy-neighbour-fair',
    title: 'The same tasks, with their tenants named',
    ack: 'manual',
    prefetch: '1',
    tenants: 'named',
    nearOptimum: true,
    shows: ({ bars }) =>
      `Who has sent much stands behind who has sent little: the last task of the nine was begun after ${seconds(Math.max(...quietStarts(bars)))}.`,
    claims: () => [...withoutFault, claim.quietGoFirst],
  },
  {
    id: 'two-queues',
    title: 'What computes and what waits, each with a queue and a worker of its own',
    ack: 'manual',
    prefetch: '1',
    queues: true,
    // a thread that starts 25 tasks at once, on a machine that computes meanwhile
    nearOptimum: false,
    shows: ({ split, makespanMs }) =>
      `One endpoint takes both, and none stands in the other's way: ${split.fast} tasks wait at a time in one thread while ${split.slow} are computed one by one, all within ${seconds(makespanMs)}.`,
    claims: () => [
      ...[claim.nothingLost, claim.nothingTwice, claim.nothingLeft, claim.inOrderOn('slow')],
      ...[claim.eachFromItsQueue, claim.waitedTogether],
    ],
  },
] as const satisfies readonly Experiment[]

/** What contradicts what the experiment claims; empty where all is as it should be. */
export function contradictions(
  experiment: Experiment,
  slowdown: number,
  facts: Facts,
  quiet = true,
): string[] {
  return experiment.claims(slowdown, quiet).flatMap((check) => check(facts) ?? [])
}

/** When the tasks of those who send little were begun; 0 where there are none. */
function quietStarts(bars: Facts['bars']): readonly number[] {
  const starts = bars.filter(isQuiet).map(({ start }) => start)
  return starts.length === 0 ? [0] : starts
}

/** Milliseconds as seconds with two decimals. */
export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`
}
