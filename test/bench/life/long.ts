import { makeQueue } from '../../support/queue.ts'
import { makeFiller } from '../backlog.ts'
import type { Setting } from '../benchmark.ts'
import { cpuMs, rssMb } from '../proc.ts'
import type { StartWorker } from '../workers/worker.ts'
import { atRest } from './ends.ts'

const slots = 2
/** So many tasks wait at most: the queue is neither empty nor a burden. */
const waiting = 10_000

/** What a worker that has done many tasks has used. */
export interface Long {
  /** Memory at rest after the first thousand, and at the end, in MB. */
  readonly mbAfterThousand: number
  readonly mbAtEnd: number
  /** CPU for each task after the first thousand, of all its threads, in microseconds. */
  readonly cpuUs: number
}

/** Has one worker with two slots do so many tasks, in thousands. */
export async function measureLong(
  { broker, show, signal }: Setting,
  start: StartWorker,
  tasks: number,
): Promise<Long> {
  await using queue = await makeQueue(broker)
  await using filler = await makeFiller(queue)
  await using worker = start(slots, queue.environment('worker'))
  await filler.fill(1_000)
  await worker.did(1_000)
  await atRest(worker.pid)
  const [mbAfterThousand, cpuBefore] = [rssMb(worker.pid), cpuMs(worker.pid)]
  for (let published = 1_000; published < tasks; published += 1_000) {
    signal.throwIfAborted()
    if (published > waiting) await worker.did(published - waiting)
    await filler.fill(1_000)
    if (published % 10_000 === 0)
      show(
        `${published.toLocaleString('en')} of ${tasks.toLocaleString('en')} tasks, ${Math.round(rssMb(worker.pid))} MB`,
      )
  }
  await worker.did(tasks)
  await atRest(worker.pid)
  const cpuUs = (1_000 * (cpuMs(worker.pid) - cpuBefore)) / (tasks - 1_000)
  return { mbAfterThousand, mbAtEnd: rssMb(worker.pid), cpuUs }
}
