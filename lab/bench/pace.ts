import { setTimeout as delay } from 'node:timers/promises'
import type { BenchQueue } from './bench-queue.ts'
import { watchForStall } from './stall.ts'
import { encode, type Wire, type Work } from './wire.ts'

/** What is measured at a time, and how closely it is watched, both in milliseconds. */
interface Watch {
  readonly everyMs: number
  /** Left out at the start. */
  readonly warmUpMs: number
}

/** What a queue said when. */
export interface Sighting {
  readonly at: number
  readonly ready: number
}

/**
 * How many tasks a second are taken off a queue, as the queue itself sees it, so that it is the same for every
 * contender: with prefetch 1 the next is delivered when the last was acknowledged. From the first change of the
 * number of ready messages after warming up to the last change before the queue is empty.
 *
 * @param count of tasks, published and confirmed while the contender already works
 */
export async function pace(
  queue: BenchQueue,
  wire: Wire,
  work: Work,
  count: number,
  signal: AbortSignal,
  { everyMs, warmUpMs }: Watch = { everyMs: 10, warmUpMs: 100 },
): Promise<number> {
  await queue.fill(Array.from({ length: count }, () => encode(wire, queue.name, work)))
  const changes: Sighting[] = []
  const from = performance.now() + warmUpMs
  const moves = watchForStall(`the number of tasks that wait in ${queue.name}`)
  for (let before = await sight(queue); before.ready > 0; ) {
    await delay(everyMs, undefined, { signal })
    const now = await sight(queue)
    moves(now.ready)
    if (now.ready > 0 && now.ready !== before.ready && now.at >= from) changes.push(now)
    before = now
  }
  const [first, last] = [changes[0], changes.at(-1)]
  if (!first || !last || first === last) throw new Error(`${count} tasks were gone too soon to be timed`)
  return ((first.ready - last.ready) * 1_000) / (last.at - first.at)
}

/** Looks at a queue until no more than `most` tasks are ready. */
export async function sightAtMost(
  queue: BenchQueue,
  most: number,
  signal: AbortSignal,
  everyMs = 2,
): Promise<Sighting> {
  const moves = watchForStall(`the number of tasks that wait in ${queue.name}`)
  for (;;) {
    const seen = await sight(queue)
    if (seen.ready <= most) return seen
    moves(seen.ready)
    await delay(everyMs, undefined, { signal })
  }
}

async function sight(queue: BenchQueue): Promise<Sighting> {
  const asked = performance.now()
  const { ready } = await queue.counts()
  // the queue answered somewhere in between
  return { at: (asked + performance.now()) / 2, ready }
}
