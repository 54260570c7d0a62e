import type { Benchmark, Measured, Result, Setting } from './benchmark.ts'
import { bareLoop, type Contender } from './contenders.ts'
import { median } from './median.ts'
import { reasonOf } from './perform.ts'
import { turns } from './turns.ts'
import { whyNoCage } from './waiting/cage.ts'
import { bareWaiting as bare, shared, threadEach } from './waiting/contenders.ts'
import { measureLarge, measureWaits, type Waited, waitMs } from './waiting/measure.ts'
import { measureWithoutWork } from './waiting/without-work.ts'

const counts = [32, 64, 250] as const
const rounds = 3

/** Tasks that wait for something else, many at a time in a small container. */
export const waiting: Benchmark = {
  id: 'waiting',
  measures: `tasks that wait ${waitMs} ms, 32, 64 and 250 at a time, in a process with a quarter of a CPU and 512 MB: per second, the memory that takes, and the time from the start of the process until it consumes; 100 at a time with payloads of 64 KB; and 64 at a time without work, on all of the machine`,
  limit:
    'as many as wait at a time, divided by how long each waits; for memory, start and no work: amqplib alone',
  peers:
    'amqplib alone with as many unacknowledged at a time; Warren with a thread for each slot, where it can',
  async *run(setting) {
    const without = await whyNoCage()
    if (without !== undefined)
      yield { results: [], remarks: [`without limits of CPU and memory, since none can be set: ${without}`] }
    const limited = without === undefined
    for (const atATime of counts) yield await many(atATime, limited, setting)
    yield { results: await large(limited, setting) }
    yield { results: await withoutWork(setting) }
  },
}

async function many(atATime: number, limited: boolean, setting: Setting): Promise<Measured> {
  // the checks of an environment allow a vCPU four
  const contenders = atATime > 64 ? [shared, bare] : [shared, bare, threadEach]
  const seen = new Map(contenders.map((contender): [Contender, Waited[]] => [contender, []]))
  const remarks: string[] = []
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of turns(contenders, round)) {
      if (!seen.has(contender)) continue
      setting.show(`waiting: ${atATime} at a time, round ${round + 1} of ${rounds}, ${contender.name}`)
      try {
        seen.get(contender)?.push(await measureWaits(contender, { ...setting, atATime, limited }))
      } catch (error) {
        if (contender !== threadEach || setting.signal.aborted) throw error
        seen.delete(contender)
        remarks.push(`${atATime} at a time, ${contender.name}: ${reasonOf(error)}`)
      }
    }
  }
  return { results: resultsOf(atATime, seen), remarks }
}

function resultsOf(atATime: number, seen: ReadonlyMap<Contender, readonly Waited[]>): Result[] {
  const of = (what: keyof Waited) => (contender: Contender) =>
    median(seen.get(contender)?.map((each) => each[what]) ?? [])
  const others = (figure: (contender: Contender) => number, contenders: readonly Contender[]) =>
    Object.fromEntries(contenders.filter((each) => seen.has(each)).map((each) => [each.name, figure(each)]))
  const [rate, memory, start] = [of('tasksPerSecond'), of('memoryMb'), of('consumingAfter')]
  const ideal = (atATime * 1_000) / waitMs
  const id = `waiting/${atATime}`
  const claimed = (text: string, holds: boolean) => (atATime === 250 ? { claim: { text, holds } } : {})
  return [
    {
      ...{ id, unit: 'tasks/s', better: 'more', ours: rate(shared), limit: ideal },
      peers: others(rate, [bare, threadEach]),
      ...claimed('at least 0.98 of the ideal', rate(shared) >= 0.98 * ideal),
    },
    {
      ...{ id: `${id}/memory`, unit: 'MB', better: 'less', ours: memory(shared), limit: memory(bare) },
      peers: others(memory, [threadEach]),
      ...claimed('at most 128 MB', memory(shared) <= 128),
    },
    {
      ...{ id: `${id}/consuming`, unit: 's', better: 'less', ours: start(shared), limit: start(bare) },
      peers: others(start, [threadEach]),
      ...claimed('all consume within 1.5 s of the start of the process', start(shared) <= 1.5),
    },
  ]
}

async function large(limited: boolean, setting: Setting): Promise<Result[]> {
  setting.show('waiting: 100 at a time with payloads of 64 KB')
  const { memoryMb, lost } = await measureLarge(shared, { ...setting, atATime: 100, limited })
  const row = (id: string, unit: string, ours: number, text: string, holds: boolean): Result => ({
    ...{ id: `waiting/100-of-64-kb/${id}`, unit, better: 'less', ours, peers: {}, claim: { text, holds } },
  })
  return [
    row('memory', 'MB', memoryMb, 'at most 160 MB', memoryMb <= 160),
    row('lost', 'tasks', lost, 'none is lost', lost === 0),
  ]
}

async function withoutWork(setting: Setting): Promise<Result[]> {
  const rates = await measureWithoutWork([shared, bare, bareLoop, threadEach], setting)
  const rate = (contender: Contender) => median(rates.get(contender) ?? [])
  const holds = rate(shared) >= 0.75 * rate(bare)
  return [
    {
      ...{ id: 'waiting/64-without-work', unit: 'tasks/s', better: 'more' },
      ...{ ours: rate(shared), limit: rate(bare) },
      peers: Object.fromEntries([bareLoop, threadEach].map((each) => [each.name, rate(each)])),
      claim: { text: 'at least 0.75 of amqplib alone with prefetch 64', holds },
    },
  ]
}
