import type { TestQueue } from '../../../test/support/queue.ts'
import type { Setting } from '../benchmark.ts'
import { median } from '../median.ts'
import { turns } from '../turns.ts'
import type { RequestShape } from './request.ts'
import { type Sender, startSender, type WayName } from './senders.ts'

/** What is measured, and in how many rounds: in each, every way sends one request. */
export const cases: readonly { readonly shape: RequestShape; readonly rounds: number }[] = [
  { shape: { tasks: 1, bytes: 200 }, rounds: 160 },
  { shape: { tasks: 1, bytes: 4_000 }, rounds: 160 },
  { shape: { tasks: 1, bytes: 200_000 }, rounds: 40 },
  { shape: { tasks: 50, bytes: 200 }, rounds: 40 },
  { shape: { tasks: 50, bytes: 4_000 }, rounds: 40 },
  { shape: { tasks: 20, bytes: 200_000 }, rounds: 12 },
  { shape: { tasks: 1_000, bytes: 200 }, rounds: 12 },
  { shape: { tasks: 1_000, bytes: 4_000 }, rounds: 12 },
]
const coldStarts = 8

export type PerWay<Value> = Readonly<Record<WayName, Value>>
const wayNames: readonly WayName[] = ['warren', 'pipelined', 'oneByOne', 'connectionEach']

export interface Stage {
  readonly queue: TestQueue
  /** The producer's module. */
  readonly bundle: string
  readonly variables: Readonly<Record<string, string>>
}

/** Milliseconds of a request of each case, by way: medians. */
export async function measureWarm(stage: Stage, { show, signal }: Setting): Promise<PerWay<number>[]> {
  await using senders = await startAll(stage)
  const figures: PerWay<number>[] = []
  for (const { shape, rounds } of cases) {
    const took = perWay((): number[] => [])
    // the first quarter is for code and connections to become warm
    for (let round = -Math.ceil(rounds / 4); round < rounds; round += 1) {
      show(`producer: ${shape.tasks} tasks of ${shape.bytes / 1_000} KB, round ${round + 1} of ${rounds}`)
      signal.throwIfAborted()
      for (const way of turns(wayNames, Math.abs(round))) {
        const ms = await senders.of[way].send(shape)
        if (round >= 0) took[way].push(ms)
      }
    }
    figures.push(perWay((way) => median(took[way])))
    await stage.queue.purge()
  }
  return figures
}

/** Of a new process, in milliseconds, Node's own start left out: medians. */
export interface Cold {
  /** To load the code. */
  readonly load: number
  /** To load it, connect, and have one task confirmed. */
  readonly firstConfirm: number
}

export async function measureCold(stage: Stage, { show, signal }: Setting): Promise<PerWay<Cold>> {
  const samples = perWay((): Cold[] => [])
  for (let start = 0; start < coldStarts; start += 1) {
    show(`producer: cold start ${start + 1} of ${coldStarts}`)
    for (const way of turns(wayNames, start)) {
      signal.throwIfAborted()
      await using sender = await startSender(way, stage.bundle, stage.variables)
      const ms = await sender.send({ tasks: 1, bytes: 200 })
      samples[way].push({ load: sender.loadMs, firstConfirm: sender.loadMs + ms })
    }
  }
  return perWay((way) => ({
    load: median(samples[way].map(({ load }) => load)),
    firstConfirm: median(samples[way].map(({ firstConfirm }) => firstConfirm)),
  }))
}

async function startAll(stage: Stage): Promise<AsyncDisposable & { readonly of: PerWay<Sender> }> {
  await using stack = new AsyncDisposableStack()
  const start = async (way: WayName) => stack.use(await startSender(way, stage.bundle, stage.variables))
  const of = {
    warren: await start('warren'),
    pipelined: await start('pipelined'),
    oneByOne: await start('oneByOne'),
    connectionEach: await start('connectionEach'),
  }
  const kept = stack.move()
  return { of, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

/** A value for each way. */
export function perWay<Value>(make: (way: WayName) => Value): PerWay<Value> {
  return Object.fromEntries(wayNames.map((way) => [way, make(way)])) as PerWay<Value>
}
