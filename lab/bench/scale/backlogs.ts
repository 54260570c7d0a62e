import { addNothings } from '../backlog.ts'
import { type BenchQueue, createBenchQueue } from '../bench-queue.ts'
import type { Setting } from '../benchmark.ts'
import type { Contender } from '../contenders.ts'
import { median } from '../median.ts'
import { sightAtMost } from '../pace.ts'
import { startProcess } from '../process.ts'
import { turns } from '../turns.ts'

/** Tasks that wait when a worker starts. */
export const depths = [1_000, 10_000, 1_000_000] as const
const rounds = 4
const slots = 4

/** Tasks a second of a worker that begins at so deep a backlog: the median. */
export interface AtDepth {
  readonly depth: number
  readonly of: ReadonlyMap<Contender, number>
}

/** Works at queues of several depths in turn, each filled up again. */
export async function measureBacklogs(
  setting: Setting,
  contenders: readonly Contender[],
): Promise<readonly AtDepth[]> {
  await using stack = new AsyncDisposableStack()
  const stages = []
  for (const depth of depths) {
    // a deployment's policy takes no more than half a million
    const queue = stack.use(await createBenchQueue(setting.broker, { maxLength: 2 * depth }))
    stages.push({ depth, queue, rates: new Map(contenders.map((each): [Contender, number[]] => [each, []])) })
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const { depth, queue, rates } of turns(stages, round)) {
      for (const contender of turns(contenders, round)) {
        setting.show(
          `scale: ${depth.toLocaleString('en')} wait, round ${round + 1} of ${rounds}, ${contender.name}`,
        )
        setting.signal.throwIfAborted()
        await addNothings(queue, depth - (await queue.counts()).ready)
        rates.get(contender)?.push(await rate(setting, queue, contender, depth))
      }
    }
  }
  return stages.map(({ depth, rates }) => ({
    depth,
    of: new Map([...rates].map(([contender, of]) => [contender, median(of)])),
  }))
}

/** Over some 850 tasks, the same of each process: the first are slow at any depth. */
async function rate(
  { bundles, peers, signal }: Setting,
  queue: BenchQueue,
  contender: Contender,
  depth: number,
): Promise<number> {
  await using worker = startProcess(contender, { queue, slots, bundles, peers }, signal)
  const first = await sightAtMost(queue, depth - 100, worker.signal)
  const last = await sightAtMost(queue, depth - 950, worker.signal)
  return (1_000 * (first.ready - last.ready)) / (last.at - first.at)
}
