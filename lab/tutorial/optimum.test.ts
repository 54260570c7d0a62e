import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Machine, optimum } from './experiments/optimum.ts'

const there = { from: 0 }

describe('optimum', () => {
  it("gives 17 of the tutorial's 50 tasks to the slow worker: 17 s", () => {
    const tasks = Array<number>(50).fill(500)
    expect(
      optimum(tasks, [
        { factor: 2, ...there },
        { factor: 1, ...there },
      ]),
    ).toBe(17_000)
  })

  it('balances two long and eight short tasks', () => {
    const tasks = [500, 500, ...Array<number>(8).fill(100)]
    expect(
      optimum(tasks, [
        { factor: 2, ...there },
        { factor: 1, ...there },
      ]),
    ).toBe(1_200)
  })

  it('gives a late worker nothing that is done sooner without it', () => {
    expect(
      optimum(
        [100, 100],
        [
          { factor: 1, ...there },
          { factor: 1, from: 500 },
        ],
      ),
    ).toBe(200)
  })

  it('counts only what a killed worker can finish', () => {
    const machines: [Machine, Machine] = [
      { factor: 1, from: 0, until: 250 },
      { factor: 1, ...there },
    ]
    expect(optimum(Array<number>(10).fill(100), machines)).toBe(800)
  })

  it('is what trying every assignment finds', () => {
    const machine = fc.record({
      factor: fc.integer({ min: 1, max: 5 }),
      from: fc.integer({ min: 0, max: 40 }),
      until: fc.integer({ min: 1, max: 400 }),
    })
    const lengths = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 9 })
    fc.assert(
      fc.property(lengths, machine, machine, (tasks, one, other) => {
        expect(optimum(tasks, [one, other])).toBe(byBruteForce(tasks, [one, other]))
      }),
      { numRuns: 300 },
    )
  })
})

function byBruteForce(
  tasks: readonly number[],
  machines: readonly [Required<Machine>, Required<Machine>],
): number {
  let best = Number.POSITIVE_INFINITY
  for (let choice = 0; choice < 2 ** tasks.length; choice += 1) {
    const ends = machines.map(({ factor, from, until }, which) => {
      const share = tasks.filter((_, at) => ((choice >> at) & 1) === which)
      const end = share.reduce((time, length) => time + length * factor, from)
      return share.length === 0 ? 0 : end <= until ? end : Number.POSITIVE_INFINITY
    })
    best = Math.min(best, Math.max(...ends))
  }
  return best
}
