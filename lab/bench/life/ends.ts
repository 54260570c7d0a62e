import { descendants } from '../../../test/support/processes.ts'
import { until } from '../../../test/support/until.ts'
import { addNothings } from '../backlog.ts'
import { type BenchQueue, createBenchQueue } from '../bench-queue.ts'
import type { Setting } from '../benchmark.ts'
import type { Contender } from '../contenders.ts'
import { median } from '../median.ts'
import { sightAtMost } from '../pace.ts'
import { cpuMs, rssMb } from '../proc.ts'
import { startProcess } from '../process.ts'
import { turns } from '../turns.ts'

const rounds = 10

/** A worker's begin and end: medians. */
export interface Ends {
  /** From the start of the process until its first task is acknowledged, in milliseconds. */
  readonly firstTaskMs: number
  /** From SIGTERM until the process has ended, in milliseconds, while there is nothing to do. */
  readonly stopMs: number
  /** Memory while there is nothing to do, of all its processes, in MB. */
  readonly restMb: number
}

/** Starts and stops workers with one slot, in turn. */
export async function measureEnds(
  setting: Setting,
  contenders: readonly Contender[],
): Promise<ReadonlyMap<Contender, Ends>> {
  await using queue = await createBenchQueue(setting.broker)
  const samples = new Map(contenders.map((contender): [Contender, Ends[]] => [contender, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of turns(contenders, round)) {
      setting.show(`life: start and stop ${round + 1} of ${rounds}, ${contender.name}`)
      samples.get(contender)?.push(await startAndStop(contender, queue, setting))
    }
  }
  const medianOf = (of: readonly Ends[]): Ends => ({
    firstTaskMs: median(of.map((each) => each.firstTaskMs)),
    stopMs: median(of.map((each) => each.stopMs)),
    restMb: median(of.map((each) => each.restMb)),
  })
  return new Map([...samples].map(([contender, of]) => [contender, medianOf(of)]))
}

async function startAndStop(contender: Contender, queue: BenchQueue, setting: Setting): Promise<Ends> {
  const { bundles, peers, signal } = setting
  // with prefetch 1 the second is delivered when the first was acknowledged
  await addNothings(queue, 2, contender.wire)
  await using worker = startProcess(contender, { queue, slots: 1, bundles, peers }, signal)
  const { at } = await sightAtMost(queue, 0, worker.signal)
  await atRest(worker.pid)
  const family = [worker.pid, ...descendants(worker.pid).map(({ pid }) => pid)]
  const restMb = family.reduce((sum, pid) => sum + rssMb(pid), 0)
  return { firstTaskMs: at - worker.startedAt, restMb, stopMs: await worker.stop() }
}

/** Waits until a process has used no CPU for three looks in a row, 50 ms apart. */
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
