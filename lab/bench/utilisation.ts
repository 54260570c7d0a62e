import type { Benchmark, Plot, Result } from './benchmark.ts'
import { bareLoop, warren } from './contenders.ts'
import { type Line, lengths, overLine, periodOf } from './utilisation/line.ts'

const latencies = [0, 5] as const
/** The length that the project promises something of. */
const claimedMs = 20
/** Of the time of a slot in which its handler runs. */
const wantedShares = [0.9, 0.95, 0.99] as const

/** How much of a slot's time is work, by how long the tasks are. */
export const utilisation: Benchmark = {
  id: 'utilisation',
  measures:
    "share of a slot's time in the handler, for tasks of 1 to 1,000 ms, without and with 5 ms of latency each way",
  limit:
    't / (t + r): r is the time between two of the same tasks in a bare amqplib loop over the same line; for by-round-trip, between two tasks that do nothing',
  peers: 'Celery and Dramatiq, without latency',
  async *run(setting) {
    const lines: Line[] = []
    for (const latency of latencies) {
      const line = await overLine(latency, setting)
      lines.push(line)
      yield { results: resultsOf(line) }
    }
    yield { results: [], plots: [plotOf(lines)] }
  },
}

/** Of a slot's time, in tasks of that length. */
const shareOf = (line: Line, name: string, ms: number) => ms / 1_000 / periodOf(line, name, ms)

function resultsOf(line: Line): Result[] {
  const share = (name: string, ms: number) => shareOf(line, name, ms)
  const others = [...line.periods.keys()].filter((name) => name !== warren.name && name !== bareLoop.name)
  const suffix = line.latency === 0 ? '' : `-latency-${line.latency}`
  const shares = lengths.map((ms): Result => {
    const [ours, limit] = [share(warren.name, ms), share(bareLoop.name, ms)]
    return {
      id: `utilisation/${ms}-ms${suffix}`,
      ...{ unit: "share of a slot's time", better: 'more', ours, limit },
      peers: Object.fromEntries(others.map((name) => [name, share(name, ms)])),
      ...(ms === claimedMs ? { claim: claimOf(ours, limit, 'with tasks as long') } : {}),
    }
  })
  return [
    ...shares,
    byRoundTrip(line, suffix),
    ...gaps(line, suffix),
    ...wantedShares.map((wanted) => shortestTask(wanted, line, suffix)),
  ]
}

const claimOf = (ours: number, limit: number, how: string) => ({
  text: `at least 0.98 of t / (t + r), r from the bare loop ${how}`,
  holds: ours >= 0.98 * limit,
})

/**
 * The share at 20 ms by the bare loop's round trip when it never rests, which is shorter than what the same loop needs
 * between two tasks of 20 ms: after such a rest every wake-up is slower, of client, broker and disk, for whoever waits.
 * The bare loop's own share, among the peers, says how much of the limit that takes.
 */
function byRoundTrip(line: Line, suffix: string): Result {
  const limit = claimedMs / (claimedMs + gapOf(line, bareLoop.name, 0))
  const ours = shareOf(line, warren.name, claimedMs)
  return {
    id: `utilisation/${claimedMs}-ms-by-round-trip${suffix}`,
    ...{ unit: "share of a slot's time", better: 'more', ours, limit },
    peers: { [bareLoop.name]: shareOf(line, bareLoop.name, claimedMs) },
    claim: claimOf(ours, limit, 'with tasks that do nothing'),
  }
}

/** Milliseconds from the end of a task to the start of the next. */
const gapOf = (line: Line, name: string, ms: number) => 1_000 * periodOf(line, name, ms) - ms

/** After 20 ms of rest everything between two tasks is slower than in a loop that never rests. */
function gaps(line: Line, suffix: string): Result[] {
  return [0, claimedMs].map((ms) => ({
    id: `utilisation/gap-after-${ms}-ms${suffix}`,
    ...{ unit: 'ms', better: 'less', peers: {} },
    ...{ ours: gapOf(line, warren.name, ms), limit: gapOf(line, bareLoop.name, ms) },
  }))
}

/** What is shorter than this is better put together with others into one task. */
function shortestTask(share: number, line: Line, suffix: string): Result {
  const needed = (name: string) => (gapOf(line, name, claimedMs) * share) / (1 - share)
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
      points: lengths.map((ms) => [ms, shareOf(line, name, ms)] as const),
    }))
  })
  return {
    title: 'When should small items be put together into one task?',
    ...{ x: 'length of a task in ms', y: "share of a slot's time in the handler", logX: true, series },
  }
}
