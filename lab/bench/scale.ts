import { availableParallelism } from 'node:os'
import { beamPid } from '../../local/broker/beam.ts'
import type { Benchmark, Measured, Plot, Result } from './benchmark.ts'
import { type Contender, warren } from './contenders.ts'
import { median } from './median.ts'
import { bareWorker } from './process.ts'
import { measureAppend } from './scale/append.ts'
import { type AtDepth, measureBacklogs } from './scale/backlogs.ts'
import { measureSlots, type Step, slotCounts } from './scale/slots.ts'
import { verdict } from './scale/verdict.ts'

const contenders = [warren, bareWorker]

/** One queue: how many slots it feeds, and whether a backlog slows it down. */
export const scale: Benchmark = {
  id: 'scale',
  measures:
    "One queue with 1 to 256 slots, up to 64 in a process, and tasks with nothing to do: where more slots do no more, and what the processors do then; how long an append to the broker's disk takes; and whether 1,000, 10,000 or 1,000,000 waiting tasks slow dispatch down.",
  limit: 'amqplib alone, which acknowledges what it gets, with as many consumers.',
  peers: 'none.',
  async *run(setting) {
    yield { results: (await measureBacklogs(setting, contenders)).map(backlogResult) }
    const brokerPid = await beamPid(process.pid)
    // a broker that is not a process of this machine has its data somewhere else
    const appendMs = brokerPid === undefined ? undefined : measureAppend()
    const steps: Step[] = []
    try {
      for await (const step of measureSlots(setting, contenders, brokerPid)) steps.push(step)
    } finally {
      // also what was measured before something failed
      yield withSlots(steps, appendMs)
    }
  },
}

function withSlots(steps: readonly Step[], appendMs: number | undefined): Measured {
  const points = slotCounts.map((slots) => ({
    slots,
    warren: middle(steps, slots, warren),
    bare: middle(steps, slots, bareWorker),
  }))
  const seen = points.filter(({ warren, bare }) => warren.tasksPerSecond > 0 && bare.tasksPerSecond > 0)
  const ours = seen.map(({ slots, warren }) => ({ slots, ...warren }))
  return {
    results: [...slotResults(seen), ...(appendMs === undefined ? [] : [appendResult(appendMs)])],
    plots: plots(seen),
    remarks: [verdict(ours, appendMs, availableParallelism())],
  }
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

function appendResult(ms: number): Result {
  return { id: 'scale/fsync', unit: 'ms', better: 'less', ours: ms, peers: {} }
}

function backlogResult({ depth, of }: AtDepth): Result {
  const [ours = Number.NaN, limit = Number.NaN] = [of.get(warren), of.get(bareWorker)]
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
