import { describe, expect, it } from 'vitest'
import { equal, line, linesOf, origin } from '../../test/local/lines.ts'
import { factsOf, type Observation } from './experiments/facts.ts'

const observation: Observation = {
  lengths: equal(6, 100),
  lines: [...linesOf('fast', [2, 3, 5, 6], 100, 5), ...linesOf('slow', [1, 4], 200)],
  factors: { slow: 2, fast: 1 },
  consumingAt: { slow: origin - 50, fast: origin - 40 },
  left: 0,
}

describe('factsOf', () => {
  it('counts the tasks of each worker and measures from the first start to the last end', () => {
    expect(factsOf(observation)).toMatchObject({
      tasks: 6,
      split: { slow: 2, fast: 4 },
      busyMs: { slow: 400, fast: 400 },
      lost: 0,
      duplicated: 0,
      repeated: 0,
      makespanMs: 405,
      optimumMs: 400,
    })
  })

  it('counts as lost what is neither done nor left at the broker', () => {
    const lines = observation.lines.slice(2)
    expect(factsOf({ ...observation, lines, left: 0 }).lost).toBe(2)
    expect(factsOf({ ...observation, lines, left: 2 }).lost).toBe(0)
  })

  it('counts a task that two workers did for the one that did it first', () => {
    const lines = [...observation.lines, line('slow', 6, 600, 200, { deliveryCount: 1 })]
    const facts = factsOf({ ...observation, lines })
    expect(facts).toMatchObject({ duplicated: 1, repeated: 1, split: { slow: 2, fast: 4 } })
  })

  it('does not count a try that failed as done', () => {
    const lines = [line('slow', 1, 0, 200, { outcome: 'failed', reason: 'no' })]
    const facts = factsOf({ ...observation, lengths: equal(1, 100), lines })
    expect(facts).toMatchObject({ lost: 1, split: { slow: 0, fast: 0 }, makespanMs: 0 })
    expect(facts.bars).toMatchObject([{ kind: 'failed' }])
  })

  it('shows what the killed worker was at, from its last end to its death', () => {
    const facts = factsOf({ ...observation, killedAt: origin + 470 })
    expect(facts.bars.at(-1)).toMatchObject({ worker: 'slow', start: 400, end: 470, kind: 'interrupted' })
  })

  it('comes to nothing, rather than to an error, when no line was written', () => {
    expect(factsOf({ ...observation, lines: [] })).toMatchObject({ lost: 6, makespanMs: 0, bars: [] })
  })
})
