import type { Benchmark, Result, Setting } from './benchmark.ts'
import type { Contender } from './contenders.ts'
import { type Ends, measureEnds } from './life/ends.ts'
import { type Long, measureLong } from './life/long.ts'
import { peersOf } from './peers/contenders.ts'
import { bareWorker, deployed } from './process.ts'

/** A worker process from its start to its end. */
export const life: Benchmark = {
  id: 'life',
  measures:
    'A worker with one slot from the start of its process to its first task, and from SIGTERM to its end; its memory at rest; CPU for each of 50,000 tasks of two slots, and memory after them.',
  limit: 'amqplib alone, which acknowledges what it gets.',
  peers: 'Celery and Dramatiq, for start, end and rest.',
  async run(setting) {
    const others = setting.peers ? peersOf(setting.peers).filter(({ wire }) => wire !== 'warren') : []
    const ends = await measureEnds(setting, [deployed, bareWorker, ...others])
    return { results: [...endResults(ends), ...(await longResults(setting, 'life', 50_000))], plots: [] }
  },
}

/** Memory over as many tasks as the claim says, which takes minutes. */
export const million: Benchmark = {
  id: 'million',
  measures: 'Memory of a worker with two slots, and CPU for each task, over 1,000,000 tasks.',
  limit: 'amqplib alone, over 100,000.',
  peers: 'none.',
  onRequest: true,
  run: async (setting) => ({ results: await longResults(setting, 'million', 1_000_000), plots: [] }),
}

function endResults(ends: ReadonlyMap<Contender, Ends>): Result[] {
  const others = [...ends].filter(([contender]) => contender !== deployed && contender !== bareWorker)
  const row = (id: string, unit: string, of: (ends: Ends) => number) => {
    const figure = (contender: Contender) => {
      const measured = ends.get(contender)
      return measured ? of(measured) : Number.NaN
    }
    const peers = Object.fromEntries(others.map(([{ name }, measured]) => [name, of(measured)]))
    const [ours, limit] = [figure(deployed), figure(bareWorker)]
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

async function longResults(setting: Setting, id: string, tasks: number): Promise<Result[]> {
  const ours = await measureLong(setting, deployed, tasks)
  const limit = await measureLong(setting, bareWorker, Math.min(tasks, 100_000))
  const growth = ({ mbAtEnd, mbAfterThousand }: Long) => mbAtEnd / mbAfterThousand
  const claim = {
    text: `memory after ${tasks.toLocaleString('en')} tasks is at most 1.1 of that after 1,000`,
    holds: growth(ours) <= 1.1,
  }
  const row = (what: string, unit: string, of: (long: Long) => number): Result => ({
    ...{ id: `${id}/${what}`, unit, better: 'less', peers: {} },
    ...{ ours: of(ours), limit: of(limit) },
  })
  return [
    row('cpu-per-task', 'µs', ({ cpuUs }) => cpuUs),
    row('memory', 'MB', ({ mbAtEnd }) => mbAtEnd),
    // 50,000 tasks are done before old garbage is collected for the first time
    { ...row('memory-growth', 'of that after 1,000', growth), ...(tasks >= 1_000_000 ? { claim } : {}) },
  ]
}
