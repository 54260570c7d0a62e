import { setTimeout as delay } from 'node:timers/promises'
import { addNothings } from '../backlog.ts'
import type { Setting } from '../benchmark.ts'
import type { Contender } from '../contenders.ts'
import { sightAtMost } from '../pace.ts'
import { turns } from '../turns.ts'
import { withProgram } from './measure.ts'

const sharing = 64
const rounds = 5
/** Done before it counts: until then V8 compiles what a task goes through. */
const warmUp = 30_000
const backlog = 60_000
const windowMs = 1_500

/** Tasks a second that do nothing, 64 at a time, each contender by itself on the whole machine; in turn, several times. */
export async function measureWithoutWork(
  contenders: readonly Contender[],
  setting: Setting,
): Promise<ReadonlyMap<Contender, readonly number[]>> {
  const rates = new Map(contenders.map((contender): [Contender, number[]] => [contender, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of turns(contenders, round)) {
      setting.show(`waiting: without work, round ${round + 1} of ${rounds}, ${contender.name}`)
      rates.get(contender)?.push(await measureRate(contender, setting))
    }
  }
  return rates
}

/** Tasks a second that do nothing, by default 64 at a time. */
export async function measureRate(
  contender: Contender,
  setting: Setting,
  atATime: number = sharing,
): Promise<number> {
  return withProgram(
    contender,
    { ...setting, atATime, limited: false },
    {
      prepare: (queue) => addNothings(queue, warmUp + backlog),
      async work(queue, { signal }) {
        const from = await sightAtMost(queue, backlog, signal)
        await delay(windowMs, undefined, { signal })
        const to = await sightAtMost(queue, from.ready, signal)
        if (to.ready === 0) throw new Error(`${contender.name} emptied the queue too soon to be timed`)
        return ((from.ready - to.ready) * 1_000) / (to.at - from.at)
      },
    },
  )
}
