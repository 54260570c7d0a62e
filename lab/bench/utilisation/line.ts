import { startTcpProxy } from '../../../test/support/tcp-proxy.ts'
import { type BenchQueue, createBenchQueue } from '../bench-queue.ts'
import type { Setting } from '../benchmark.ts'
import { bareLoop, type Contender, type Running, start, warren } from '../contenders.ts'
import { median } from '../median.ts'
import { pace } from '../pace.ts'
import { peersOf } from '../peers/contenders.ts'

/** Of the tasks, in milliseconds. */
export const lengths = [1, 5, 20, 100, 1_000] as const
const rounds = 3

/** Seconds from task to task, by contender and length in milliseconds; length 0 is a task that does nothing. */
type Periods = ReadonlyMap<string, ReadonlyMap<number, readonly number[]>>

/** What was seen over one line to the broker. */
export interface Line {
  /** In milliseconds, each way. */
  readonly latency: number
  readonly periods: Periods
}

/** Measures all contenders in turn, over a line with so many milliseconds of latency each way. */
export async function overLine(latency: number, setting: Setting): Promise<Line> {
  const { broker, signal, show } = setting
  await using stack = new AsyncDisposableStack()
  const { hostname, port } = new URL(broker.amqpUrl)
  const proxy = stack.use(await startTcpProxy({ host: hostname, port: Number(port) }))
  proxy.latency(latency)
  const own = setting.peers && latency === 0 ? peersOf(setting.peers) : []
  const contenders = [bareLoop, warren, ...own.filter(({ wire }) => wire !== 'warren')]
  const places = new Map<Contender, Pick<Trial, 'queue' | 'running'>>()
  for (const contender of contenders) {
    show(`${latency} ms latency: starting ${contender.name}`)
    const queue = stack.use(await createBenchQueue(broker))
    const far = latency === 0 ? {} : { amqpUrl: `amqp://127.0.0.1:${proxy.port}` }
    const running = stack.use(await start(contender, { ...setting, ...far, queue, slots: 1 }, signal))
    places.set(contender, { queue, running })
    await period({ contender, queue, running, ms: 0, latency })
  }
  const periods = new Map(contenders.map(({ name }) => [name, new Map<number, number[]>()]))
  for (let round = 1; round <= rounds; round += 1) {
    // the longest vary least
    for (const ms of [0, ...lengths].filter((length) => length < 100 || round === 1)) {
      for (const [contender, place] of places) {
        show(`${latency} ms latency, round ${round} of ${rounds}: ${ms} ms, ${contender.name}`)
        const seen = periods.get(contender.name)
        seen?.set(ms, [...(seen.get(ms) ?? []), await period({ contender, ...place, ms, latency })])
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
  readonly running: Running
}

/** Seconds from one task to the next. */
async function period({ contender, queue, running, ms, latency }: Trial): Promise<number> {
  const work = { type: ms === 0 ? 'nothing' : 'hold', payload: { ms } } as const
  const watch = { everyMs: 10, warmUpMs: ms < 100 ? 100 : 0 }
  return 1 / (await pace(queue, contender.wire, work, countFor(ms, latency), running.signal, watch))
}

/** Enough for a second, and for more where a look every 10 ms would tell too little. */
function countFor(ms: number, latency: number): number {
  return Math.max(6, Math.round((ms < 20 ? 1_000 : 2_500) / (ms + 2 * latency + 0.8)))
}

/** Seconds from task to task: the median. */
export function periodOf({ periods }: Line, name: string, ms: number): number {
  return median(periods.get(name)?.get(ms) ?? [])
}
