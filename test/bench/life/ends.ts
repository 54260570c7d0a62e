import { makeQueue } from '../../support/queue.ts'
import { until } from '../../support/until.ts'
import { makeFiller } from '../backlog.ts'
import type { Setting } from '../benchmark.ts'
import { median } from '../median.ts'
import { cpuMs, rssMb } from '../proc.ts'
import { turns } from '../turns.ts'
import type { StartWorker } from '../workers/worker.ts'

const rounds = 10

/** A worker's begin and end: medians. */
export interface Ends {
  /** From the start of the process until its first task is done, in milliseconds; that waits in the queue. */
  readonly firstTaskMs: number
  /** From SIGTERM until the process has ended, in milliseconds, while there is nothing to do. */
  readonly stopMs: number
  /** Memory while there is nothing to do after that one task, in MB. */
  readonly restMb: number
}

/** Starts and stops workers with one slot, in turn. */
export async function measureEnds(
  setting: Setting,
  contestants: ReadonlyMap<string, StartWorker>,
): Promise<ReadonlyMap<string, Ends>> {
  await using queue = await makeQueue(setting.broker)
  await using filler = await makeFiller(queue)
  const samples = new Map([...contestants.keys()].map((name): [string, Ends[]] => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    setting.show(`${round + 1} of ${rounds} starts and stops`)
    for (const [name, start] of turns([...contestants], round)) {
      setting.signal.throwIfAborted()
      await filler.fill(1)
      await using worker = start(1, queue.environment('worker'))
      const firstTaskMs = await worker.did(1)
      await atRest(worker.pid)
      samples.get(name)?.push({ firstTaskMs, restMb: rssMb(worker.pid), stopMs: await worker.stop() })
    }
  }
  const medianOf = (of: readonly Ends[]): Ends => ({
    firstTaskMs: median(of.map((each) => each.firstTaskMs)),
    stopMs: median(of.map((each) => each.stopMs)),
    restMb: median(of.map((each) => each.restMb)),
  })
  return new Map([...samples].map(([name, of]) => [name, medianOf(of)]))
}

/** Waits until a process has used no CPU for three looks in a row, 50 ms apart. Where there is no /proc, for those looks. */
export async function atRest(pid: number): Promise<void> {
  let last = Number.NaN
  let quiet = 0
  await until(
    () => {
      const now = cpuMs(pid)
      quiet = Object.is(now, last) ? quiet + 1 : 0
      last = now
      return quiet >= 3
    },
    { within: 30, what: 'a worker without tasks uses no CPU' },
  )
}
