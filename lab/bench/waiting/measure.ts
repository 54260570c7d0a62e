import { setTimeout as delay } from 'node:timers/promises'
import { until } from '../../../test/support/until.ts'
import { type BenchQueue, createBenchQueue } from '../bench-queue.ts'
import type { Setting } from '../benchmark.ts'
import type { Contender, Place } from '../contenders.ts'
import { sightAtMost } from '../pace.ts'
import { rssMb } from '../proc.ts'
import { type MeasuredProcess, startProcess } from '../process.ts'
import { encode, type Work } from '../wire.ts'
import { createCage } from './cage.ts'

/** How long each task waits, in milliseconds: a call of an API that takes its time. */
export const waitMs = 500
/** Tasks are counted over so many of their lengths, the first three left out. */
const lengths = 20
const leftOut = 3

/** What a program came to with so many tasks at a time. */
export interface Waited {
  /** From the start of its process until all its consumers consume, in seconds. */
  readonly consumingAfter: number
  readonly tasksPerSecond: number
  /** The most that it held in RAM, in MB; looked at ten times a second. */
  readonly memoryMb: number
}

export interface WaitOptions extends Setting {
  /** Tasks at a time. */
  readonly atATime: number
  /** Whether in a container of the smallest size. */
  readonly limited: boolean
}

/**
 * Starts a program and has it work off tasks that wait.
 * @throws Error when the program ends before that is done: out of memory
 */
export async function measureWaits(contender: Contender, options: WaitOptions): Promise<Waited> {
  const { atATime } = options
  const work = async (queue: BenchQueue, program: MeasuredProcess, consumingAfter: number) => {
    const wait: Work = { type: 'sleep', payload: { ms: waitMs } }
    const tasks = Array.from({ length: atATime * (leftOut + lengths + 1) }, () =>
      encode('warren', queue.name, wait),
    )
    await queue.fill(tasks)
    using memory = watchMemory(program.pid)
    // between two waves, wherever they begin
    const from = await sightAtMost(queue, atATime * (lengths + 0.5), program.signal)
    const to = await sightAtMost(queue, atATime * 0.5, program.signal)
    await sightAtMost(queue, 0, program.signal)
    const seconds = (to.at - from.at) / 1_000
    return { consumingAfter, memoryMb: memory.maxMb(), tasksPerSecond: (from.ready - to.ready) / seconds }
  }
  return withProgram(contender, options, { work })
}

interface Scene<Result> {
  /** Before the program starts. */
  readonly prepare?: (queue: BenchQueue) => Promise<void>
  /** Once it consumes. */
  readonly work: (queue: BenchQueue, program: MeasuredProcess, consumingAfter: number) => Promise<Result>
  /** Told what it writes. */
  readonly onOutput?: (chunk: string) => void
}

/** Plays a scene with a program and a queue that are gone afterwards. */
export async function withProgram<Result>(
  contender: Contender,
  { broker, bundles, peers, signal, atATime, limited }: WaitOptions,
  { prepare = async () => undefined, work, onOutput }: Scene<Result>,
): Promise<Result> {
  await using stack = new AsyncDisposableStack()
  const queue = stack.use(await createBenchQueue(broker))
  await prepare(queue)
  const cage = limited ? stack.use(createCage()) : undefined
  const place: Place = { queue, slots: atATime, bundles, peers }
  const program = stack.use(startProcess(cage?.caged(contender) ?? contender, place, signal, onOutput))
  const wanted = contender.consumers?.(atATime) ?? atATime
  const giveUpAt = performance.now() + 120_000
  while ((await queue.counts()).consumers < wanted) {
    await delay(10, undefined, { signal: program.signal })
    if (performance.now() > giveUpAt) throw new Error(`${contender.name} does not consume after two minutes`)
  }
  return await work(queue, program, (performance.now() - program.startedAt) / 1_000)
}

/** Looks at a process until it is disposed of. */
function watchMemory(pid: number): Disposable & { maxMb(): number } {
  let most = 0
  const look = () => {
    most = Math.max(most, rssMb(pid) || 0)
  }
  const timer = setInterval(look, 100)
  return {
    maxMb() {
      look()
      return most
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

/** What became of tasks with large payloads. */
export interface Carried {
  readonly memoryMb: number
  /** Tasks that no line says are done. */
  readonly lost: number
}

/** A thousand tasks that wait, each with a payload of 64 KB. */
export async function measureLarge(contender: Contender, options: WaitOptions): Promise<Carried> {
  const ids = new Set<string>()
  let rest = ''
  const read = (chunk: string) => {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const { msg, outcome, id } = JSON.parse(line)
      if (msg === 'task' && outcome === 'done') ids.delete(id)
    }
  }
  const work = async (queue: BenchQueue, program: MeasuredProcess) => {
    const payload = { ms: waitMs, text: 'x'.repeat(64_000) }
    using memory = watchMemory(program.pid)
    for (let count = 0; count < 1_000; count += 1) {
      const id = `large-${count}`
      ids.add(id)
      await queue.fill([encode('warren', queue.name, { type: 'sleep', payload, id })])
    }
    await sightAtMost(queue, 0, program.signal)
    await until(() => ids.size === 0, { within: 20, what: 'the last tasks are done' }).catch(() => undefined)
    return { memoryMb: memory.maxMb(), lost: ids.size }
  }
  return withProgram(contender, options, { work, onOutput: read })
}
