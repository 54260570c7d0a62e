import { addNothings } from '../backlog.ts'
import { createBenchQueue } from '../bench-queue.ts'
import type { Setting } from '../benchmark.ts'
import type { Contender } from '../contenders.ts'
import { atRest } from '../life/ends.ts'
import { sightAtMost } from '../pace.ts'
import { cpuMs, rssMb } from '../proc.ts'
import { startProcess } from '../process.ts'

const slots = 2
/** So many tasks wait at most: the queue is neither empty nor a burden. */
const waiting = 10_000
const lot = 2_000

/** What a worker that has done many tasks has used. */
export interface Long {
  /** Memory at rest after the first thousand, and at the end, in MB. */
  readonly mbAfterThousand: number
  readonly mbAtEnd: number
  /** CPU for each task after the first thousand, of all its threads, in microseconds. */
  readonly cpuUs: number
}

/** Has one worker with two slots do so many tasks. */
export async function measureLong(
  { broker, bundles, peers, show, signal }: Setting,
  contender: Contender,
  tasks: number,
): Promise<Long> {
  await using queue = await createBenchQueue(broker)
  await using worker = startProcess(contender, { queue, slots, bundles, peers }, signal)
  const rested = async () => {
    await sightAtMost(queue, 0, worker.signal)
    await atRest(worker.pid)
    return { mb: rssMb(worker.pid), cpu: cpuMs(worker.pid) }
  }
  await addNothings(queue, 1_000)
  const before = await rested()
  for (let published = 1_000; published < tasks; published += lot) {
    await sightAtMost(queue, waiting, worker.signal, 20)
    await addNothings(queue, Math.min(lot, tasks - published))
    show(`${published} of ${tasks} tasks, ${contender.name}: ${Math.round(rssMb(worker.pid))} MB`)
  }
  const after = await rested()
  const cpuUs = (1_000 * (after.cpu - before.cpu)) / (tasks - 1_000)
  return { mbAfterThousand: before.mb, mbAtEnd: after.mb, cpuUs }
}
