import { setTimeout as delay } from 'node:timers/promises'
import { run } from '../../../local/broker/run.ts'
import { type BenchQueue, createBenchQueue } from '../bench-queue.ts'
import type { Setting } from '../benchmark.ts'
import { beside, type Contender } from '../contenders.ts'
import { sightAtMost } from '../pace.ts'
import { startProcess } from '../process.ts'
import { encode, type Work } from '../wire.ts'
import { startProgram } from './program.ts'
import type { Store } from './stores.ts'

/** How many jobs at a time, and how long each waits, in milliseconds. */
export interface Shape {
  readonly atATime: number
  readonly ms: number
}

/** Something that works off jobs. Gives the rate, in jobs a second, while it does so many. */
export interface JobRunner {
  readonly name: string
  rate(shape: Shape, setting: Setting): Promise<number>
}

/**
 * Enough that it lasts for seconds; of those, the first third and the last twentieth do not count.
 * @param share less than 1 for what is slower and would take minutes
 */
function countOf({ atATime, ms }: Shape, share: number): number {
  const most = 24_000 * share
  return Math.round(ms === 0 ? Math.min(most, 4_000 * share * atATime) : Math.min(most, 150 * atATime))
}
const counted = { from: 1 / 3, to: 0.95 }

/** A contender on RabbitMQ: as the queue sees it. */
export function onQueue(name: string, contender: Contender, share = 1): JobRunner {
  return {
    name,
    async rate(shape, { broker, bundles, peers, signal }) {
      await using stack = new AsyncDisposableStack()
      const queue = stack.use(await createBenchQueue(broker))
      const { atATime, ms } = shape
      const count = countOf(shape, share)
      const work: Work = ms === 0 ? { type: 'nothing', payload: { ms } } : { type: 'sleep', payload: { ms } }
      await fill(queue, contender, work, count)
      const place = { queue, slots: atATime, bundles, peers }
      const program = stack.use(startProcess(contender, place, signal))
      const from = await sightAtMost(queue, count * (1 - counted.from), program.signal)
      const to = await sightAtMost(queue, count * (1 - counted.to), program.signal)
      return ((from.ready - to.ready) * 1_000) / (to.at - from.at)
    },
  }
}

async function fill(queue: BenchQueue, { wire }: Contender, work: Work, count: number): Promise<void> {
  const lot = 2_000
  for (let left = count; left > 0; left -= lot)
    await queue.fill(Array.from({ length: Math.min(left, lot) }, () => encode(wire, queue.name, work)))
}

/** BullMQ or graphile-worker: as its own handlers count. */
export function onStore(name: string, file: string, store: Store, peersFolder: string, share = 1): JobRunner {
  return {
    name,
    async rate(shape, { signal }) {
      const { atATime, ms } = shape
      const count = countOf(shape, share)
      const command = [process.execPath, beside(`jobs/${file}.mjs`)]
      const variables = { STORE: store.address, PEERS: peersFolder, CONCURRENCY: String(atATime) }
      await run([...command, 'fill', String(count), String(ms)], { env: { ...process.env, ...variables } })
      await using program = startProgram({ command: [...command, 'work'], variables }, signal)
      const done = () => program.told.done.at(-1)?.done ?? 0
      await program.until(() => done() === count, done, `jobs of ${name} that are done`)
      const [from, to] = [counted.from, counted.to].map((share) =>
        program.told.done.find((each) => each.done >= share * count),
      )
      // what it completes in batches, it also tells the store of
      await delay(200, undefined, { signal })
      if (!from || !to || from === to) throw new Error(`${name} was done too soon to be timed`)
      return ((to.done - from.done) * 1e6) / (to.atUs - from.atUs)
    },
  }
}
