import { createBenchQueue } from './bench-queue.ts'
import type { Benchmark, Result, Setting } from './benchmark.ts'
import { barePair, celeryPair, measurePair, type Pair, storePair, warrenPair } from './jobs/enqueue.ts'
import { startPostgres, startRedis } from './jobs/stores.ts'
import { turns } from './turns.ts'

const rounds = 2

/** How soon a job begins where nothing else is to do. */
export const enqueue: Benchmark = {
  id: 'enqueue',
  measures:
    'a job sent to an idle system, one every 20 to 40 ms: from the call that sends it (the HTTP request has reached the function) until its handler begins',
  limit: 'amqplib alone on both sides, the message confirmed',
  peers: 'BullMQ on Redis, graphile-worker on PostgreSQL, Celery on the same RabbitMQ',
  async *run(setting) {
    await using stack = new AsyncDisposableStack()
    const pairs = await allPairs(setting, stack)
    const waits = new Map(pairs.map((pair): [Pair, number[]] => [pair, []]))
    for (let round = 0; round < rounds; round += 1) {
      for (const pair of turns(pairs, round)) {
        setting.show(`enqueue: round ${round + 1} of ${rounds}, ${pair.name}`)
        waits.get(pair)?.push(...(await measurePair(pair, setting)))
      }
    }
    yield { results: [row(0.5, waits), row(0.99, waits)] }
  },
}

async function allPairs(setting: Setting, stack: AsyncDisposableStack): Promise<readonly Pair[]> {
  const queue = async () => stack.use(await createBenchQueue(setting.broker))
  const own = [warrenPair(await queue(), setting), barePair(await queue(), setting)]
  const { peers } = setting
  if (!peers) return own
  const named = (name: string) => `${name} ${peers.versions[name] ?? ''}`
  const redis = stack.use(await startRedis())
  const postgres = stack.use(await startPostgres())
  return [
    ...own,
    storePair(`${named('bullmq')} on ${redis.version}`, 'bullmq', redis, peers.node),
    storePair(`${named('graphile-worker')} on ${postgres.version}`, 'graphile', postgres, peers.node),
    celeryPair(await queue(), setting),
  ]
}

/** Ours is the first, the bare pair the second. */
function row(share: number, waits: ReadonlyMap<Pair, readonly number[]>): Result {
  const figures = [...waits].map(([{ name }, all]): [string, number] => [name, percentile(all, share)])
  const [[, ours] = ['', Number.NaN], [, limit] = ['', Number.NaN], ...peers] = figures
  const ahead = peers.every(([, figure]) => ours < figure)
  const holds = share === 0.5 ? ours <= 1.3 * limit : ours <= 10
  const text = share === 0.5 ? 'at most 1.3 of the bare pair' : 'at most 10 ms'
  return {
    ...{ id: `enqueue/p${share * 100}`, unit: 'ms', better: 'less', ours, limit },
    peers: Object.fromEntries(peers),
    claim: { text: `${text}, ahead of every peer`, holds: holds && ahead },
  }
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}
