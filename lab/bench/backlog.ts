import type { BenchQueue } from './bench-queue.ts'
import { encode, type Wire } from './wire.ts'

const lot = 2_000

/** Puts tasks that do nothing into a queue, each lot of 2,000 when the last one is confirmed. */
export async function addNothings(queue: BenchQueue, tasks: number, wire: Wire = 'warren'): Promise<void> {
  for (let left = tasks; left > 0; left -= lot) {
    const some = Array.from({ length: Math.min(left, lot) }, () =>
      encode(wire, queue.name, { type: 'nothing', payload: { ms: 0 } }),
    )
    await queue.fill(some)
  }
}
