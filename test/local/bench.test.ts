import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bestMakespan, type Crew, crews, heavyTailed, provenBound, tutorial } from '../bench/mixes.ts'
import { reportOf } from '../bench/report.ts'

/** Each slot takes the next task when it is free, in milliseconds. */
function pulled(lengths: readonly number[], crew: Crew): number {
  const slots = crew.flatMap(({ factor, slots: count }) =>
    Array.from({ length: count }, () => ({ factor, free: 0 })),
  )
  for (const length of lengths) {
    const next = slots.reduce((first, slot) => (slot.free < first.free ? slot : first))
    next.free += length * next.factor
  }
  return Math.max(...slots.map(({ free }) => free))
}

const lengths = fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 40 })
const crew = fc.array(
  fc.record({ factor: fc.constantFrom(1, 1.5, 2, 4), slots: fc.integer({ min: 1, max: 4 }) }),
  {
    minLength: 1,
    maxLength: 4,
  },
)

describe('the bound that fairness is held against', () => {
  it('holds for every pull order, in no case beyond the best makespan times it', () => {
    fc.assert(
      fc.property(lengths, crew, (some, workers) => {
        const best = bestMakespan({ id: 'any', lengths: some }, workers)
        expect(pulled(some, workers)).toBeGreaterThanOrEqual(best - 1e-6)
        expect(pulled(some, workers)).toBeLessThanOrEqual(provenBound(workers) * best + 1e-6)
      }),
    )
  })

  it("of the tutorial's tasks is met exactly by pulling: 17 s", () => {
    const [pair = []] = crews
    expect(bestMakespan(tutorial, pair)).toBe(17_000)
    expect(pulled(tutorial.lengths, pair)).toBe(17_000)
  })

  it('meets the same heavy-tailed lengths in every run', () => {
    expect(heavyTailed(8)).toEqual(heavyTailed(8))
    expect(heavyTailed(8).every(({ lengths: some }) => some.length === 160)).toBe(true)
  })
})

describe('.warren/bench.json', () => {
  it('has the ratio to the limit where there is a limit', () => {
    const result = { unit: 'ms', better: 'less', ours: 3, peers: {} } as const
    const { results } = reportOf({
      ...{ date: '2026-11-26T00:00:00.000Z', versions: {} },
      results: [
        { id: 'a', ...result, limit: 2 },
        { id: 'b', ...result },
      ],
    })
    expect(results.map(({ ratioToLimit }) => ratioToLimit)).toEqual([1.5, undefined])
  })
})
