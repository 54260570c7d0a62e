import { availableParallelism } from 'node:os'
import type { Benchmark, Plot, Result } from './benchmark.ts'
import type { Contender } from './contenders.ts'
import { median } from './median.ts'
import { bareWorker, deployed } from './process.ts'
import { type AtDepth, measureBacklogs } from './scale/backlogs.ts'
import { measureSlots, type Step, slotCounts } from './scale/slots.ts'

/** One queue: how many slots it feeds, and whether a backlog slows it down. */
export const scale: Benchmark = {
  id: 'scale',
  measures:
    'One queue with 1 to 256 slots, up to 64 in a process, and tasks with nothing to do: where more slots do no more, and what the processors do then; and whether 1,000, 10,000 or 1,000,000 waiting tasks slow dispatch down.',
  limit: 'amqplib alone, which acknowledges what it gets, with as many consumers.',
  peers: 'none.',
  async run(setting) {
    const contenders = [deployed, bareWorker]
    const steps = await measureSlots(setting, contenders)
    const backlogs = await measureBacklogs(setting, contenders)
    const points = slotCounts.map((slots) => ({
      slots,
      warren: middle(steps, slots, deployed),
      bare: middle(steps, slots, bareWorker),
    }))
    setting.say(verdict(points))
    return { results: [...slotResults(points), ...backlogs.map(backlogResult)], plots: plots(points) }
  },
}

/** What a number of slots came to, for both. */
interface Point {
  readonly slots: number
  readonly warren: Middle
  readonly bare: Middle
}
type Middle = Omit<Step, 'slots' | 'contender'>

function middle(steps: readonly Step[], slots: number, contender: Contender): Middle {
  const same = steps.filter((step) => step.slots === slots && step.contender === contender)
  return {
    tasksPerSecond: median(same.map(({ tasksPerSecond }) => tasksPerSecond)),
    brokerCores: median(same.map(({ brokerCores }) => brokerCores)),
    workerCores: median(same.map(({ workerCores }) => workerCores)),
    idleCores: median(same.map(({ idleCores }) => idleCores)),
  }
}

/** Where more slots do hardly more, and what is used up there. */
function verdict(points: readonly Point[]): string {
  const most = Math.max(...points.map(({ warren }) => warren.tasksPerSecond))
  const enough = points.find(({ warren }) => warren.tasksPerSecond >= 0.95 * most)
  if (!enough) return 'scale: nothing was measured'
  const { slots, warren } = enough
  const { brokerCores, workerCores, idleCores, tasksPerSecond } = warren
  const cores = availableParallelism()
  const used = `the broker ${brokerCores.toFixed(2)}, the worker ${workerCores.toFixed(2)}, nobody ${idleCores.toFixed(2)} of ${cores} cores`
  const limit =
    idleCores < 0.15 * cores
      ? 'the processors are the limit: workers on machines of their own leave the broker more of them'
      : 'the processors are not the limit: what is left is the wait for the disk, and the one process that a queue is'
  return `scale: from ${slots} slots on, more do hardly more than ${Math.round(tasksPerSecond)} tasks a second; ${used}: ${limit}`
}

function slotResults(points: readonly Point[]): Result[] {
  return points.flatMap(({ slots, warren, bare }): Result[] => {
    const row = (what: string, unit: string, better: Result['better'], of: (middle: Middle) => number) => ({
      ...{ id: `scale/${slots}-slots${what}`, unit, better, peers: {} },
      ...{ ours: of(warren), limit: of(bare) },
    })
    return [
      row('', 'tasks/s', 'more', ({ tasksPerSecond }) => tasksPerSecond),
      row('/broker-cpu', 'cores', 'less', ({ brokerCores }) => brokerCores),
      row('/worker-cpu', 'cores', 'less', ({ workerCores }) => workerCores),
    ]
  })
}

function backlogResult({ depth, of }: AtDepth): Result {
  const [ours = Number.NaN, limit = Number.NaN] = [of.get(deployed), of.get(bareWorker)]
  return { id: `scale/backlog-${depth}`, unit: 'tasks/s', better: 'more', ours, limit, peers: {} }
}

function plots(points: readonly Point[]): Plot[] {
  const series = (name: string, of: (point: Point) => number) => ({
    name,
    points: points.map((point) => [point.slots, of(point)] as const),
  })
  const x = 'slots'
  return [
    {
      ...{ title: 'One queue and ever more slots', x, y: 'tasks a second', logX: true },
      series: [
        series('Warren', ({ warren }) => warren.tasksPerSecond),
        series('amqplib alone', ({ bare }) => bare.tasksPerSecond),
      ],
    },
    {
      ...{ title: 'What that takes of the processors', x, y: 'cores', logX: true },
      series: [
        series('broker', ({ warren }) => warren.brokerCores),
        series('Warren', ({ warren }) => warren.workerCores),
        series('broker, for amqplib alone', ({ bare }) => bare.brokerCores),
        series('amqplib alone', ({ bare }) => bare.workerCores),
      ],
    },
  ]
}
