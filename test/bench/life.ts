import type { Benchmark, Result, Setting } from './benchmark.ts'
import { type Ends, measureEnds } from './life/ends.ts'
import { type Long, measureLong } from './life/long.ts'
import { bare, warren } from './workers/worker.ts'

/** A worker process from its start to its end. */
export const life: Benchmark = {
  id: 'life',
  measures:
    'a worker with one slot from the start of its process to its first task, and from SIGTERM to its end; its memory at rest; CPU for each of 50,000 tasks, and memory after them',
  limit: 'amqplib alone, which acknowledges what it gets',
  peers: 'none',
  async run(setting) {
    const ends = await measureEnds(
      setting,
      new Map([
        ['warren', warren(setting.bundles.worker)],
        ['bare', bare],
      ]),
    )
    return { results: [...endResults(ends), ...(await longResults(setting, 'life', 50_000))], plots: [] }
  },
}

/** Memory over as many tasks as the claim says, which takes minutes. */
export const million: Benchmark = {
  id: 'million',
  measures: 'memory of a worker, and CPU for each task, over 1,000,000 tasks',
  limit: 'amqplib alone, over 100,000',
  peers: 'none',
  onRequest: true,
  run: async (setting) => ({ results: await longResults(setting, 'million', 1_000_000), plots: [] }),
}

function endResults(ends: ReadonlyMap<string, Ends>): Result[] {
  const row = (id: string, unit: string, of: (ends: Ends) => number) => {
    const [ours, limit] = ['warren', 'bare'].map((name) => {
      const measured = ends.get(name)
      return measured ? of(measured) : Number.NaN
    })
    return {
      id: `life/${id}`,
      unit,
      better: 'less',
      ours: ours ?? Number.NaN,
      limit: limit ?? Number.NaN,
      peers: {},
    } as const
  }
  const first = row('first-task', 'ms', ({ firstTaskMs }) => firstTaskMs)
  const stop = row('stop', 'ms', ({ stopMs }) => stopMs)
  return [
    {
      ...first,
      claim: { text: 'the first task is done 500 ms after the process starts', holds: first.ours <= 500 },
    },
    { ...stop, claim: { text: 'an idle worker has ended 150 ms after SIGTERM', holds: stop.ours <= 150 } },
    row('rest', 'MB', ({ restMb }) => restMb),
  ]
}

async function longResults(setting: Setting, id: string, tasks: number): Promise<Result[]> {
  const ours = await measureLong(setting, warren(setting.bundles.worker), tasks)
  const limit = await measureLong(setting, bare, Math.min(tasks, 100_000))
  const growth = ({ mbAtEnd, mbAfterThousand }: Long) => mbAtEnd / mbAfterThousand
  const text = `memory after ${tasks.toLocaleString('en')} tasks is at most 1.1 of that after 1,000`
  const row = (what: string, unit: string, of: (long: Long) => number): Result => ({
    ...{ id: `${id}/${what}`, unit, better: 'less', peers: {} },
    ...{ ours: of(ours), limit: of(limit) },
  })
  return [
    row('cpu-per-task', 'µs', ({ cpuUs }) => cpuUs),
    row('memory', 'MB', ({ mbAtEnd }) => mbAtEnd),
    { ...row('memory-growth', 'of that after 1,000', growth), claim: { text, holds: growth(ours) <= 1.1 } },
  ]
}
