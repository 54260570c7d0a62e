import { startTcpProxy } from '../support/tcp-proxy.ts'
import { type BenchQueue, makeBenchQueue } from './bench-queue.ts'
import type { Benchmark, Measured, Plot, Result, Setting } from './benchmark.ts'
import { bareLoop, type Contender, start, warren } from './contenders.ts'
import { median } from './median.ts'
import { pace } from './pace.ts'
import { peersOf } from './peers/contenders.ts'

const lengths = [1, 5, 20, 100, 1_000] as const
const latencies = [0, 5] as const
const rounds = 3
/** Of the time of a slot in which its handler runs. */
const wantedShares = [0.9, 0.95, 0.99] as const

/** How much of a slot's time is work, by how long the tasks are. */
export const utilisation: Benchmark = {
  id: 'utilisation',
  measures:
    "share of a slot's time in the handler, for tasks of 1 to 1,000 ms, without and with 5 ms of latency each way",
  limit: 't / (t + r): r is the time between two of the same tasks in a bare amqplib loop over the same line',
  peers: 'Celery and Dramatiq, without latency',
  async run(setting) {
    const lines: Line[] = []
    for (const latency of latencies) lines.push(await overLine(latency, setting))
    return { results: lines.flatMap(resultsOf), plots: [plotOf(lines)] } satisfies Measured
  },
}

/** Seconds from task to task, by contender and length in milliseconds; length 0 is a task that does nothing. */
type Periods = ReadonlyMap<string, ReadonlyMap<number, readonly number[]>>

interface Line {
  /** In milliseconds, each way. */
  readonly latency: number
  readonly periods: Periods
}

async function overLine(latency: number, setting: Setting): Promise<Line> {
  const { broker, signal, show } = setting
  await using stack = new AsyncDisposableStack()
  const { hostname, port } = new URL(broker.amqpUrl)
  const proxy = stack.use(await startTcpProxy({ host: hostname, port: Number(port) }))
  proxy.latency(latency)
  const own = setting.peers && latency === 0 ? peersOf(setting.peers) : []
  const contenders = [bareLoop, warren, ...own.filter(({ wire }) => wire !== 'warren')]
  const queues = new Map<Contender, BenchQueue>()
  for (const contender of contenders) {
    show(`${latency} ms latency: starting ${contender.name}`)
    const queue = stack.use(await makeBenchQueue(broker))
    const far = latency === 0 ? {} : { amqpUrl: `amqp://127.0.0.1:${proxy.port}` }
    stack.use(await start(contender, { ...setting, ...far, queue, slots: 1 }, signal))
    queues.set(contender, queue)
    await period({ contender, queue, ms: 0, latency, signal })
  }
  const periods = new Map(contenders.map(({ name }) => [name, new Map<number, number[]>()]))
  for (let round = 1; round <= rounds; round += 1) {
    // the longest vary least
    for (const ms of [0, ...lengths].filter((length) => length < 100 || round === 1)) {
      for (const [contender, queue] of queues) {
        show(`${latency} ms latency, round ${round} of ${rounds}: ${ms} ms, ${contender.name}`)
        const seen = periods.get(contender.name)
        seen?.set(ms, [...(seen.get(ms) ?? []), await period({ contender, queue, ms, latency, signal })])
      }
    }
  }
  return { latency, periods }
}

interface Trial {
  readonly contender: Contender
  readonly queue: BenchQueue
  /** Length of the tasks. */
  readonly ms: number
  readonly latency: number
  readonly signal: AbortSignal
}

/** Seconds from one task to the next. */
async function period({ contender, queue, ms, latency, signal }: Trial): Promise<number> {
  const work = { type: ms === 0 ? 'nothing' : 'hold', payload: { ms } } as const
  const watch = { everyMs: 10, warmUpMs: ms < 100 ? 100 : 0 }
  return 1 / (await pace(queue, contender.wire, work, countFor(ms, latency), signal, watch))
}

/** Enough for a second, and for more where a look every 10 ms would tell too little. */
function countFor(ms: number, latency: number): number {
  return Math.max(6, Math.round((ms < 20 ? 1_000 : 2_500) / (ms + 2 * latency + 0.8)))
}

/** Seconds from task to task. */
function periodOf({ periods }: Line, name: string, ms: number): number {
  return median(periods.get(name)?.get(ms) ?? [])
}

function resultsOf(line: Line): Result[] {
  const share = (name: string, ms: number) => ms / 1_000 / periodOf(line, name, ms)
  const others = [...line.periods.keys()].filter((name) => name !== warren.name && name !== bareLoop.name)
  const suffix = line.latency === 0 ? '' : `-latency-${line.latency}`
  const shares = lengths.map((ms): Result => {
    const [ours, limit] = [share(warren.name, ms), share(bareLoop.name, ms)]
    return {
      id: `utilisation/${ms}-ms${suffix}`,
      ...{ unit: "share of a slot's time", better: 'more', ours, limit },
      peers: Object.fromEntries(others.map((name) => [name, share(name, ms)])),
      ...(ms === 20 ? { claim: { text: 'at least 0.98 of t / (t + r)', holds: ours >= 0.98 * limit } } : {}),
    }
  })
  return [
    ...shares,
    ...gaps(line, suffix),
    ...wantedShares.map((wanted) => shortestTask(wanted, line, suffix)),
  ]
}

/** Milliseconds from the end of a task to the start of the next. */
const gapOf = (line: Line, name: string, ms: number) => 1_000 * periodOf(line, name, ms) - ms

/** After 20 ms of rest everything between two tasks is slower than in a loop that never rests. */
function gaps(line: Line, suffix: string): Result[] {
  return [0, 20].map((ms) => ({
    id: `utilisation/gap-after-${ms}-ms${suffix}`,
    ...{ unit: 'ms', better: 'less', peers: {} },
    ...{ ours: gapOf(line, warren.name, ms), limit: gapOf(line, bareLoop.name, ms) },
  }))
}

/** What is shorter than this is better put together with others into one task. */
function shortestTask(share: number, line: Line, suffix: string): Result {
  const needed = (name: string) => (gapOf(line, name, 20) * share) / (1 - share)
  return {
    id: `utilisation/shortest-task-for-${share}${suffix}`,
    ...{ unit: 'ms', better: 'less', ours: needed(warren.name), limit: needed(bareLoop.name), peers: {} },
  }
}

function plotOf(lines: readonly Line[]): Plot {
  const series = lines.flatMap((line) => {
    const named = line.latency === 0 ? 'no latency' : `${line.latency} ms each way`
    return [warren.name, bareLoop.name].map((name) => ({
      name: `${name}, ${named}`,
      points: lengths.map((ms) => [ms, ms / 1_000 / periodOf(line, name, ms)] as const),
    }))
  })
  return {
    title: 'When should small items be put together into one task?',
    ...{ x: 'length of a task in ms', y: "share of a slot's time in the handler", logX: true, series },
  }
}
