import { type BenchQueue, createBenchQueue } from './bench-queue.ts'
import type { Benchmark, Result, Setting } from './benchmark.ts'
import { bareLoop, type Contender, type Running, start, warren } from './contenders.ts'
import { median } from './median.ts'
import { pace } from './pace.ts'
import { peersOf } from './peers/contenders.ts'
import type { Work } from './wire.ts'

const nothing: Work = { type: 'nothing', payload: { ms: 0 } }
const rounds = 5
/** Tasks before it counts: V8 still compiles what they go through, and each takes half as long again, in the bare loop too. */
const warmUp = 20_000
/** Long enough that the moments at which it is looked at do not matter. */
const secondsEach = 1.2

/** Tasks that do nothing: what is left is the way of a task from the queue to its handler and of its ack back. */
export const dispatch: Benchmark = {
  id: 'dispatch',
  measures: 'tasks that do nothing, per second and slot, with 1 and 4 slots in a process',
  limit: 'a bare amqplib loop that acknowledges at once',
  peers:
    'rabbitmq-client, amqp-connection-manager, Celery (late ack, prefetch multiplier 1), Dramatiq (prefetch 1), a bare pika loop',
  async *run(setting) {
    for (const slots of [1, 4]) yield { results: [await withSlots(slots, setting)] }
  },
}

/** A contender that works, with a queue of its own. */
interface Entry {
  readonly contender: Contender
  readonly queue: BenchQueue
  readonly running: Running
  readonly rates: number[]
}

async function withSlots(slots: number, setting: Setting): Promise<Result> {
  const { bundles, peers, show, signal, broker } = setting
  await using stack = new AsyncDisposableStack()
  const enter = async (contender: Contender): Promise<Entry> => {
    show(`${slots} slots: starting ${contender.name}`)
    const queue = stack.use(await createBenchQueue(broker))
    const running = stack.use(await start(contender, { queue, slots, bundles, peers }, signal))
    return { contender, queue, running, rates: [] }
  }
  const limit = await enter(bareLoop)
  const ours = await enter(warren)
  const others: Entry[] = []
  for (const peer of peers ? peersOf(peers) : []) others.push(await enter(peer))
  const measure = ({ contender, queue, running }: Entry, count: number) =>
    pace(queue, contender.wire, nothing, count, running.signal)
  const counts = new Map<Entry, number>()
  for (const entry of [limit, ours, ...others]) {
    show(`${slots} slots: warming up ${entry.contender.name}`)
    await measure(entry, warmUp)
    // as long as that takes one slot: what is gone sooner cannot be timed
    counts.set(entry, Math.round((await measure(entry, 1_000 * slots)) * secondsEach))
  }
  for (let round = 1; round <= rounds; round += 1) {
    // ours and the limit on both sides of the others: what drifts meets both alike
    for (const entry of [limit, ours, ...others, ours, limit]) {
      show(`${slots} slots: round ${round} of ${rounds}, ${entry.contender.name}`)
      entry.rates.push((await measure(entry, counts.get(entry) ?? 0)) / slots)
    }
  }
  return resultOf(slots, limit, ours, others)
}

function resultOf(slots: number, limit: Entry, ours: Entry, others: readonly Entry[]): Result {
  const figure = median(ours.rates)
  const peers = Object.fromEntries(others.map(({ contender, rates }) => [contender.name, median(rates)]))
  // a client that only wraps amqplib runs its tasks where the heartbeats are: it hands nothing over
  const behind = Object.keys(peers).filter((name) => /^(celery|dramatiq)/.test(name))
  // with one slot, two hand-overs between threads are a sixth of the way of a task: docs/speed.md
  const least = slots === 1 ? 0.8 : 0.9
  const claim = [`at least ${least} of the bare amqplib loop`, ...behind.map((name) => `ahead of ${name}`)]
  return {
    id: `dispatch/${slots}-slot${slots === 1 ? '' : 's'}`,
    ...{ unit: 'tasks/s per slot', better: 'more', ours: figure, limit: median(limit.rates), peers },
    claim: {
      text: claim.join(', '),
      holds: figure >= least * median(limit.rates) && behind.every((name) => figure > (peers[name] ?? 0)),
    },
  }
}
