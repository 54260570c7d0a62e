import type { Benchmark, Result } from './benchmark.ts'
import { warren } from './contenders.ts'
import { type Long, measureLong } from './million/long.ts'
import { bareWorker } from './process.ts'

/** As many as the claim says. After 50,000, old garbage has not been collected once, and memory says nothing yet. */
const tasks = 1_000_000

/** What a worker uses that has worked for long. */
export const million: Benchmark = {
  id: 'million',
  measures: 'Memory of a worker with two slots, and CPU for each task, over 1,000,000 tasks.',
  limit: 'amqplib alone, over 100,000.',
  peers: 'none.',
  async *run(setting) {
    const ours = await measureLong(setting, warren, tasks)
    let limit: Long | undefined
    try {
      limit = await measureLong(setting, bareWorker, 100_000)
    } finally {
      // ours has taken minutes
      yield { results: resultsOf(ours, limit) }
    }
  },
}

function resultsOf(ours: Long, limit: Long | undefined): Result[] {
  const growth = ({ mbAtEnd, mbAfterThousand }: Long) => mbAtEnd / mbAfterThousand
  const row = (what: string, unit: string, of: (long: Long) => number): Result => ({
    ...{ id: `million/${what}`, unit, better: 'less', peers: {} },
    ...{ ours: of(ours), ...(limit ? { limit: of(limit) } : {}) },
  })
  const claim = {
    text: 'memory after 1,000,000 tasks is at most 1.1 of that after 1,000',
    holds: growth(ours) <= 1.1,
  }
  return [
    row('cpu-per-task', 'µs', ({ cpuUs }) => cpuUs),
    row('memory', 'MB', ({ mbAtEnd }) => mbAtEnd),
    { ...row('memory-growth', 'of that after 1,000', growth), claim },
  ]
}
