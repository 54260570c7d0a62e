import { cpus } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { until } from '../../../test/support/until.ts'
import { addNothings } from '../backlog.ts'
import { type BenchQueue, createBenchQueue } from '../bench-queue.ts'
import type { Setting } from '../benchmark.ts'
import type { Contender } from '../contenders.ts'
import { sightAtMost } from '../pace.ts'
import { cpuMs } from '../proc.ts'
import { startProcess } from '../process.ts'
import { turns } from '../turns.ts'

export const slotCounts = [1, 2, 4, 8, 16, 32, 64, 128, 256] as const
/** WORKER_SLOTS goes no higher: more slots are more processes. */
const slotsPerProcess = 64
const rounds = 3
const windowMs = 1_000
const backlog = 60_000
/** Tasks done before it counts: until then, threads start and load handlers, and V8 compiles what a task goes through. */
const warmUp = (slots: number) => 2_000 + 200 * slots

/** What was seen of one set of workers on one queue. CPU in cores. */
export interface Step {
  readonly slots: number
  readonly contender: Contender
  readonly tasksPerSecond: number
  readonly brokerCores: number
  readonly workerCores: number
  /** What nobody on this machine used. */
  readonly idleCores: number
}

/**
 * All numbers of slots, several times, the contenders in turn.
 * @param brokerPid of its Erlang machine, where it is one of this machine
 */
export async function* measureSlots(
  setting: Setting,
  contenders: readonly Contender[],
  brokerPid: number | undefined,
): AsyncGenerator<Step, void> {
  await using queue = await createBenchQueue(setting.broker)
  for (let round = 0; round < rounds; round += 1) {
    for (const slots of slotCounts) {
      for (const contender of turns(contenders, round)) {
        setting.signal.throwIfAborted()
        setting.show(`scale: round ${round + 1} of ${rounds}, ${slots} slots, ${contender.name}`)
        await addNothings(queue, backlog + warmUp(slots) - (await queue.counts()).ready)
        yield await step(setting, queue, brokerPid, contender, slots)
      }
    }
  }
}

async function step(
  { bundles, peers, signal }: Setting,
  queue: BenchQueue,
  brokerPid: number | undefined,
  contender: Contender,
  slots: number,
): Promise<Step> {
  await using stack = new AsyncDisposableStack()
  const each = Math.min(slots, slotsPerProcess)
  const workers = Array.from({ length: slots / each }, () =>
    stack.use(startProcess(contender, { queue, slots: each, bundles, peers }, signal)),
  )
  const alive = AbortSignal.any(workers.map((worker) => worker.signal))
  const allConsume = async () => alive.aborted || (await queue.counts()).consumers === slots
  await until(allConsume, { within: 120, what: `${slots} consumers of ${contender.name}` })
  alive.throwIfAborted()
  await sightAtMost(queue, backlog, alive)
  const look = async () => ({
    ready: (await queue.counts()).ready,
    at: performance.now(),
    broker: cpuMs(brokerPid),
    workers: workers.reduce((sum, { pid }) => sum + cpuMs(pid), 0),
    idle: cpus().reduce((sum, { times }) => sum + times.idle, 0),
  })
  const before = await look()
  await delay(windowMs, undefined, { signal: alive })
  const after = await look()
  if (after.ready === 0) throw new Error(`${slots} slots emptied the queue too soon to be timed`)
  const ms = after.at - before.at
  return {
    ...{ slots, contender },
    tasksPerSecond: (1_000 * (before.ready - after.ready)) / ms,
    brokerCores: (after.broker - before.broker) / ms,
    workerCores: (after.workers - before.workers) / ms,
    idleCores: (after.idle - before.idle) / ms,
  }
}
