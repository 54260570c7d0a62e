import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random.ts'
import type { Contestant, WorkerClass } from './contestant.ts'
import { exponential, pareto } from './distributions.ts'
import { loads, type Tasks } from './loads.ts'
import { erlangC, meanWaitMG1, meanWaitMMc } from './queueing.ts'
import { simulate } from './simulate.ts'
import { fixedSlots, trial } from './trial.ts'
import { verdictOf } from './verdict.ts'

describe('the simulator holds before the formulas of queueing theory', () => {
  it('knows Erlang’s C', () => {
    expect(erlangC(1, 0.7)).toBeCloseTo(0.7)
    // two slots: 2ρ²/(1 + ρ)
    expect(erlangC(2, 1.6)).toBeCloseTo((2 * 0.8 ** 2) / 1.8)
  })

  it.each([
    [1, 0.7],
    [2, 1.6],
    [8, 7],
    [20, 17],
  ])('M/M/%i with %f in the mean at work', (slots, load) => {
    const { mean, standardError } = trial(slots, load, exponential(1), 20, 40_000 / load)
    expect(standardError / mean).toBeLessThan(0.08)
    expect(Math.abs(mean - meanWaitMMc(slots, load))).toBeLessThan(3 * standardError)
  })

  it.each([
    ['constant', () => 1, 0],
    // shape 3.5: a mean of 1, and a variance of 1 / (3.5 × 1.5)
    ['Pareto', pareto(1, 3.5), 1 / 5.25],
  ])('M/G/1 with %s service times', (_, work, variance) => {
    const { mean, standardError } = trial(1, 0.7, work, 20, 20_000)
    expect(standardError / mean).toBeLessThan(0.08)
    expect(Math.abs(mean - meanWaitMG1(0.7, variance))).toBeLessThan(3 * standardError)
  })
})

const kind: WorkerClass = {
  ...{ name: 'small', vcpu: 1, memoryGiB: 2, architecture: 'ARM64', spot: false, slots: 1 },
  ...{ min: 2, max: 2, drainSeconds: 100, protects: true },
}
/** Scales one class to a number at a time. */
const scaledAt = (second: number, to: number, changes: Partial<WorkerClass> = {}): Contestant => ({
  name: 'test',
  classes: [{ ...kind, ...changes }],
  controls: () => [
    {
      ...{ class: 0, everySeconds: 1, lagSeconds: 0, measure: () => 1 },
      decide: (now, _, before) => (now >= second ? to : before),
    },
  ],
  pays: 'workers',
})
const tasksOf = (work: readonly number[], seconds = 0): Tasks => ({
  ...{ arrivals: new Float64Array(work.length), work: Float64Array.from(work), seconds },
})
const run = (contestant: Contestant, tasks: Tasks) =>
  simulate({ tasks, contestant, random: seededRandom(1), startSeconds: () => 60, gapSeconds: 0 })

describe('a run', () => {
  it('gives tasks to slots first in, first out', () => {
    expect([...run(fixedSlots(2), tasksOf([3, 1, 1, 1])).waits]).toEqual([0, 0, 1, 2])
  })

  it('has new workers when they have started, and pays for that too', () => {
    const outcome = run(scaledAt(10, 1, { min: 0, max: 1 }), tasksOf([5]))
    expect(outcome.waits[0]).toBeGreaterThanOrEqual(70)
    expect(outcome.waits[0]).toBeLessThan(71)
    expect(outcome.workerSeconds[0]).toBeCloseTo(65)
  })

  it('lets a stopped worker finish what it can, and runs the rest again', () => {
    const stopped = (work: number, protects: boolean) =>
      run(scaledAt(20, 1, { protects }), tasksOf([work, work]))
    expect(stopped(110, false)).toMatchObject({ interrupted: 0, drainedAt: 110 })
    expect(stopped(150, false)).toMatchObject({ interrupted: 1, drainedAt: 300 })
  })

  it('gives up on a task that is cut off again and again, and asks nothing for the day that it waits for it', () => {
    const restless: Contestant = {
      ...scaledAt(0, 0, { min: 0, max: 1, protects: false }),
      controls: () => [
        {
          ...{ class: 0, everySeconds: 100, lagSeconds: 0, measure: (view) => view.ready() },
          decide: (_, ready) => Math.min(1, ready),
        },
      ],
    }
    const outcome = run(restless, tasksOf([5, 1_000], 2_000))
    expect(outcome).toMatchObject({ unfinished: 1, drainedAt: Number.POSITIVE_INFINITY })
    expect(outcome.interrupted).toBeGreaterThan(100)
    expect(outcome.waits[1]).toBeGreaterThan(86_400)
    expect(outcome.workerSeconds[0]).toBeLessThanOrEqual(2_000)
  })

  it('spares a worker whose task has run for long, until it is done', () => {
    const outcome = run(scaledAt(40, 1), tasksOf([150, 150], 400))
    expect(outcome.interrupted).toBe(0)
    expect(outcome.workerSeconds[0]).toBe(150 + 400)
  })

  it('is the same with the same seed, and another with another', () => {
    const [load] = loads
    const tasks = (seed: number) => load?.tasks(1, seededRandom(seed)).work.slice(0, 5)
    expect(tasks(1)).toEqual(tasks(1))
    expect(tasks(2)).not.toEqual(tasks(1))
  })
})

it('a verdict names what is not better', () => {
  const figures = {
    p50: 0,
    p99: 0,
    drain: 0,
    unfinished: 0,
    hours: {},
    vcpuHours: 0,
    interrupted: 0,
    most: {},
  }
  const words = (usd: number, p95: number) =>
    verdictOf({ ...figures, usd: 2, p95: 10 }, 'peer', { ...figures, usd, p95 }).words.split(':')[0]
  expect([words(3, 20), words(3, 5), words(1, 20), words(1, 5)]).toEqual([
    ...['holds', 'waits longer', 'costs more', 'worse in both'],
  ])
})
