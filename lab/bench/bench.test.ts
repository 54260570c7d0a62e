import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Benchmark, Setting } from './benchmark.ts'
import { type Crew, crews, heavyTailed, minMakespan, provenBound, tutorial } from './mixes.ts'
import { type Chapter, perform } from './perform.ts'
import { markdown, reportOf } from './report.ts'
import { page } from './results-page.ts'
import { verdict } from './scale/verdict.ts'
import { watchForStall } from './stall.ts'

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
  it('holds for every pull order, in no case beyond the least makespan times it', () => {
    fc.assert(
      fc.property(lengths, crew, (some, workers) => {
        const least = minMakespan({ id: 'any', lengths: some }, workers)
        expect(pulled(some, workers)).toBeGreaterThanOrEqual(least - 1e-6)
        expect(pulled(some, workers)).toBeLessThanOrEqual(provenBound(workers) * least + 1e-6)
      }),
    )
  })

  it("of the tutorial's tasks is met exactly by pulling: 17 s", () => {
    const [pair = []] = crews
    expect(minMakespan(tutorial, pair)).toBe(17_000)
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
      ...{ date: '2026-11-26T00:00:00.000Z', versions: {}, remarks: [] },
      results: [
        { id: 'a', ...result, limit: 2 },
        { id: 'b', ...result },
      ],
    })
    expect(results.map(({ ratioToLimit }) => ratioToLimit)).toEqual([1.5, undefined])
  })
})

describe('a run', () => {
  const result = (id: string) => ({ id, unit: 'ms', better: 'less', ours: 3, peers: {} }) as const
  const about = { measures: '', limit: '', peers: '' }
  const breaks: Benchmark = {
    ...{ id: 'breaks', ...about },
    async *run() {
      yield { results: [result('breaks/first')], remarks: ['one'] }
      throw new Error('the broker is gone')
    },
  }
  const works: Benchmark = {
    ...{ id: 'works', ...about },
    async *run() {
      yield { results: [result('works/first')] }
      const pictures = [{ name: 'third', title: 'Three', svg: '<svg>three</svg>' }]
      yield { results: [result('works/second')], remarks: ['two'], pictures }
    },
  }
  const start = async (chosen: readonly Benchmark[], signal: AbortSignal) => {
    const saved: Chapter[][] = []
    const said: string[] = []
    const setting = { say: (line: string) => said.push(line), signal } as unknown as Setting
    const save = async (chapters: readonly Chapter[]) => void saved.push([...chapters])
    const chapters = await perform(chosen, setting, save)
    return { chapters, saved, said }
  }
  const ids = (chapters: readonly Chapter[]) => chapters.flatMap(({ results }) => results.map(({ id }) => id))

  it('keeps what was measured before a benchmark failed, says why, and goes on', async () => {
    const { chapters, saved, said } = await start([breaks, works], new AbortController().signal)
    expect(ids(chapters)).toEqual(['breaks/first', 'works/first', 'works/second'])
    expect(chapters.map(({ failed }) => failed)).toEqual([true, false])
    expect(chapters[0]?.remarks).toEqual(['one', 'did not get to its end: the broker is gone'])
    expect(said).toContain('  did not get to its end: the broker is gone')
    expect(saved.map(ids)[0]).toEqual(['breaks/first'])
    expect(saved.map(ids).at(-1)).toEqual(['breaks/first', 'works/first', 'works/second'])
  })

  it('ends when it is stopped', async () => {
    const stopped = AbortSignal.abort(new Error('stopped'))
    await expect(start([works], stopped)).rejects.toThrow('stopped')
  })

  it('has the pictures that it drew in its page', async () => {
    const { chapters } = await start([works], new AbortController().signal)
    expect(chapters[0]?.pictures.map(({ name }) => name)).toEqual(['third'])
    const report = { date: '2026-11-26T00:00:00.000Z', versions: {}, results: [], remarks: [] }
    expect(page(report, chapters)).toContain('<h3>Three</h3><svg>three</svg>')
  })

  it('has its remarks in all that it writes', async () => {
    const { chapters } = await start([works], new AbortController().signal)
    const report = { date: '2026-11-26T00:00:00.000Z', versions: {}, results: [], remarks: ['works: two'] }
    expect(reportOf(report).remarks).toEqual(['works: two'])
    expect(markdown(report)).toContain('- works: two')
    expect(page(report, chapters)).toContain('>two<')
  })
})

describe('what limits a queue', () => {
  const cores = 2
  const at = (slots: number, tasksPerSecond: number, idleCores: number) => ({
    ...{ slots, tasksPerSecond, idleCores },
    ...{ brokerCores: 1, workerCores: 0.5 },
  })
  const slow = at(1, 500, 1.5)

  it('is sought where more slots do hardly more', () => {
    const points = [slow, at(8, 2_900, 0), at(16, 3_000, 0), at(32, 2_800, 0)]
    expect(verdict(points, 0.3, cores)).toMatch(/^from 8 slots on, more do hardly more than 2900 tasks/)
  })

  it('is the processors where none stands idle, else the disk where a task waits for it most of the time', () => {
    expect(verdict([slow, at(8, 3_000, 0.1)], 1, cores)).toContain('the processors are the limit')
    expect(verdict([slow, at(8, 3_000, 1)], 1, cores)).toContain('the disk is the limit')
    expect(verdict([slow, at(8, 3_000, 1)], 0.3, cores)).toContain('neither processors nor disk')
  })

  it('may be a disk that was not measured', () => {
    expect(verdict([at(8, 3_000, 1)], undefined, cores)).toContain('what is left is the disk')
  })
})

describe('a wait for work', () => {
  afterEach(() => void vi.useRealTimers())

  it('ends when nothing has been done for a minute', () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const look = watchForStall('what is left')
    const lookAfter = (seconds: number, figure: number) => {
      vi.advanceTimersByTime(1_000 * seconds)
      look(figure)
    }
    lookAfter(0, 9)
    lookAfter(59, 9)
    lookAfter(59, 8)
    lookAfter(59, 8)
    expect(() => lookAfter(2, 8)).toThrow('what is left has been 8 for 60 s')
  })
})
