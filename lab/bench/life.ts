import type { Benchmark, Result } from './benchmark.ts'
import { type Contender, warren } from './contenders.ts'
import { type Ends, measureEnds } from './life/ends.ts'
import { peersOf } from './peers/contenders.ts'
import { bareWorker } from './process.ts'

/** A worker process from its start to its end. */
export const life: Benchmark = {
  id: 'life',
  measures:
    'A worker with one slot from the start of its process to its first task, and from SIGTERM to its end; its memory at rest.',
  limit: 'amqplib alone, which acknowledges what it gets.',
  peers: 'Celery and Dramatiq.',
  async *run(setting) {
    const others = setting.peers ? peersOf(setting.peers).filter(({ wire }) => wire !== 'warren') : []
    const ends = await measureEnds(setting, [warren, bareWorker, ...others])
    yield { results: resultsOf(ends) }
  },
}

function resultsOf(ends: ReadonlyMap<Contender, Ends>): Result[] {
  const others = [...ends].filter(([contender]) => contender !== warren && contender !== bareWorker)
  const row = (id: string, unit: string, of: (ends: Ends) => number) => {
    const figure = (contender: Contender) => {
      const measured = ends.get(contender)
      return measured ? of(measured) : Number.NaN
    }
    const peers = Object.fromEntries(others.map(([{ name }, measured]) => [name, of(measured)]))
    const [ours, limit] = [figure(warren), figure(bareWorker)]
    return { id: `life/${id}`, unit, better: 'less', ours, limit, peers } as const
  }
  const first = row('first-task', 'ms', ({ firstTaskMs }) => firstTaskMs)
  const stop = row('stop', 'ms', ({ stopMs }) => stopMs)
  const firstClaim = 'the first task is done within 500 ms of the start of the process'
  const stopClaim = 'an idle worker has ended within 150 ms of SIGTERM'
  return [
    { ...first, claim: { text: firstClaim, holds: first.ours <= 500 } },
    { ...stop, claim: { text: stopClaim, holds: stop.ours <= 150 } },
    row('rest', 'MB', ({ restMb }) => restMb),
  ]
}
