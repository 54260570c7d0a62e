import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '../../client/src/client.ts'
import { ensureBroker } from '../../local/broker/start.ts'
import { buildBundles, removeBundles } from '../../local/bundles.ts'
import { startProducer } from '../../local/producer-process.ts'
import { createWorkQueue } from '../../local/work-queue.ts'
import { startWorker } from '../../local/worker-process.ts'
import { orAborted } from '../../ops/command-line/lifecycle.ts'
import { seededRandom } from '../random.ts'
import { exponential } from './distributions.ts'
import { poisson, type Tasks } from './loads.ts'
import { simulate } from './simulate.ts'
import { fixedSlots } from './trial.ts'

/** A task of a run: when it was sent and begun, and how long it took, in milliseconds of the same clock. */
interface Try {
  readonly sentAt: number
  readonly startedAt: number
  readonly durationMs: number
}

/** What a real run and the simulator's replay of it came to. */
export interface RealRun {
  readonly tasks: number
  /** How many were done. */
  readonly done: number
  /** Pairs of tasks, sent one after the other, that were begun the other way round. */
  readonly outOfOrder: number
  /** Mean waits in milliseconds. */
  readonly real: number
  readonly simulated: number
}

const slots = 3
/** Of the slots, how many are busy in the mean. */
const load = 2.4
const meanMs = 150
const seconds = 20

/**
 * Sleep tasks that come by chance, on as many real workers as there are slots, on a real broker; then the same arrivals
 * and durations, as they were measured, in the simulator.
 */
export async function realRun(
  seed: number,
  signal: AbortSignal,
  stack: AsyncDisposableStack,
  show: (line: string) => void,
): Promise<RealRun> {
  const broker = await ensureBroker({ env: process.env, progress: show })
  stack.defer(() => broker.stop())
  const queue = await createWorkQueue(broker, 'validation')
  stack.defer(() => queue.remove())
  stack.defer(removeBundles)
  const bundles = await orAborted(buildBundles(), signal)
  const producer = startProducer(bundles.lambda('producer'), queue, 0)
  stack.defer(() => producer.stop())
  const planned = poisson(seededRandom(seed), seconds, (1_000 * load) / meanMs, exponential(meanMs / 1_000))
  const begun = new Map<number, Omit<Try, 'sentAt'>>()
  const { promise: allBegun, resolve } = Promise.withResolvers<void>()
  const settings = { name: 'slow', ack: 'manual', prefetch: '1', sleepFactor: 1 } as const
  const workers = Array.from({ length: slots }, () =>
    startWorker(bundles.worker, queue, settings, ({ id, startedAt, durationMs, outcome }) => {
      if (outcome === 'done') begun.set(Number(id), { startedAt: Date.parse(startedAt), durationMs })
      show(`${begun.size} of ${planned.arrivals.length} tasks done`)
      if (begun.size === planned.arrivals.length) resolve()
    }),
  )
  for (const worker of workers) stack.defer(() => worker.stop())
  const endpoint = await orAborted(producer.endpoint, signal)
  await orAborted(Promise.all(workers.map(({ consuming }) => consuming)), signal)
  const sent = await send(endpoint, planned, signal)
  await orAborted(allBegun, signal)
  const lost = { startedAt: Number.NaN, durationMs: 0 }
  return compared(sent.map((sentAt, id) => ({ sentAt, ...(begun.get(id) ?? lost) })))
}

/** Each at its time, without waiting for the answers of those before. Gives when each was sent. */
async function send(endpoint: string, { arrivals, work }: Tasks, signal: AbortSignal): Promise<number[]> {
  const client = createClient({ endpoint })
  const start = Date.now() + 100
  const sent: number[] = []
  const answers: Promise<unknown>[] = []
  for (const [index, at] of arrivals.entries()) {
    await pause(Math.max(0, start + at * 1_000 - Date.now()), undefined, { signal })
    sent.push(Date.now())
    const task = { id: String(index), type: 'sleep', payload: { ms: (work[index] ?? 0) * 1_000 } }
    answers.push(client.sendBatch([task], { signal }))
  }
  await Promise.all(answers)
  return sent
}

function compared(tries: readonly Try[]): RealRun {
  const first = tries[0]?.sentAt ?? 0
  const arrivals = Float64Array.from(tries, ({ sentAt }) => (sentAt - first) / 1_000)
  const work = Float64Array.from(tries, ({ durationMs }) => durationMs / 1_000)
  const { waits } = simulate({
    tasks: { arrivals, work, seconds: 0 },
    contestant: fixedSlots(slots),
    random: seededRandom(0),
    startSeconds: () => 0,
  })
  const mean = (values: Iterable<number>) => {
    const all = [...values]
    return all.reduce((sum, value) => sum + value, 0) / all.length
  }
  return {
    tasks: tries.length,
    done: tries.filter(({ startedAt }) => Number.isFinite(startedAt)).length,
    outOfOrder: tries.filter(({ startedAt }, at) => startedAt < (tries[at - 1]?.startedAt ?? 0)).length,
    real: mean(tries.map(({ sentAt, startedAt }) => startedAt - sentAt)),
    simulated: 1_000 * mean(waits),
  }
}
