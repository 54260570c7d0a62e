import type { Benchmark, Result, Setting } from './benchmark.ts'
import { type JobRunner, onQueue, onStore, type Shape } from './jobs/rate.ts'
import { startPostgres, startRedis } from './jobs/stores.ts'
import { median } from './median.ts'
import { peersOf } from './peers/contenders.ts'
import { turns } from './turns.ts'
import { bareWaiting, shared } from './waiting/contenders.ts'

const rounds = 2
const shapes: readonly Shape[] = [0, 20].flatMap((ms) => [1, 16, 64, 250].map((atATime) => ({ atATime, ms })))

/** Jobs a second of one process, however many at a time. */
export const jobs: Benchmark = {
  id: 'jobs',
  measures:
    'jobs a second of one worker process, on all of the machine, with 1, 16, 64 and 250 at a time, which do nothing or wait 20 ms; its slots share a thread',
  limit: 'amqplib alone with as many unacknowledged at a time',
  peers:
    'BullMQ on Redis, graphile-worker on PostgreSQL with its local queue and batches, Celery with threads, late acknowledgement and prefetch multiplier 1',
  async *run(setting) {
    await using stack = new AsyncDisposableStack()
    const runners = await allRunners(setting, stack)
    for (const shape of shapes) {
      const rates = new Map(runners.map((runner): [JobRunner, number[]] => [runner, []]))
      for (let round = 0; round < rounds; round += 1) {
        for (const runner of turns(runners, round)) {
          setting.show(
            `jobs: ${shape.atATime} at a time of ${shape.ms} ms, round ${round + 1}, ${runner.name}`,
          )
          rates.get(runner)?.push(await runner.rate(shape, setting))
        }
      }
      yield { results: [resultOf(shape, rates)] }
    }
  },
}

async function allRunners(setting: Setting, stack: AsyncDisposableStack): Promise<readonly JobRunner[]> {
  const own = [onQueue('Warren', shared), onQueue(bareWaiting.name, bareWaiting)]
  const { peers } = setting
  if (!peers) return own
  const named = (name: string) => `${name} ${peers.versions[name] ?? ''}`
  const redis = stack.use(await startRedis())
  const postgres = stack.use(await startPostgres())
  const celery = peersOf(peers).filter(({ name }) => name.startsWith('celery') && name.endsWith('threads'))
  return [
    ...own,
    onStore(`${named('bullmq')} on ${redis.version}`, 'bullmq', redis, peers.node),
    onStore(`${named('graphile-worker')} on ${postgres.version}`, 'graphile', postgres, peers.node, 0.2),
    ...celery.map((contender) => onQueue(contender.name, contender, 0.5)),
  ]
}

/** Ours is the first, the bare loop the second. */
function resultOf({ atATime, ms }: Shape, rates: ReadonlyMap<JobRunner, readonly number[]>): Result {
  const figures = [...rates].map(([{ name }, all]): [string, number] => [name, median(all)])
  const [[, ours] = ['', Number.NaN], [, limit] = ['', Number.NaN], ...peers] = figures
  const result: Result = {
    ...{ id: `jobs/${atATime}-of-${ms}-ms`, unit: 'jobs/s', better: 'more', ours, limit },
    peers: Object.fromEntries(peers),
  }
  if (atATime !== 64 || ms !== 0) return result
  const holds = peers.every(([, figure]) => ours > figure)
  return { ...result, claim: { text: 'ahead of every peer', holds } }
}
