import { describe, expect, inject, it } from 'vitest'
import { experiments } from '../../local/experiments/catalogue.ts'
import type { Facts } from '../../local/experiments/facts.ts'
import { runExperiment } from '../../local/experiments/run.ts'

type Id = (typeof experiments)[number]['id']

/** A run at small scale, on the bundles and the real broker. */
async function run(id: Id, tasks: number, taskMs: { slow: number; fast: number }): Promise<Facts> {
  const experiment = experiments.find((each) => each.id === id)
  if (!experiment) throw new Error(`there is no experiment ${id}`)
  const bundles = inject('bundles')
  const { facts, contradictions } = await runExperiment(experiment, {
    broker: inject('broker'),
    bundles: { lambda: (name) => `${bundles}/${name}`, worker: `${bundles}/worker` },
    ...{ tasks, taskMs, signal: AbortSignal.timeout(50_000) },
  })
  expect(contradictions).toEqual([])
  return facts
}

const quick = { slow: 60, fast: 30 }
// long enough for a worker to be killed, or to come late, in mid-run on a busy machine
const steady = { slow: 120, fast: 60 }

describe('on a real broker', () => {
  it('automatic acknowledgement gives each worker half', async () => {
    const { split, lost, bars } = await run('auto-ack', 12, quick)
    expect(split.slow + split.fast).toBe(12)
    expect(Math.abs(split.slow - split.fast)).toBeLessThanOrEqual(2)
    expect(lost).toBe(0)
    expect(new Set(bars.map(({ task }) => task)).size).toBe(12)
  })

  it('manual acknowledgement without prefetch gives each worker half', async () => {
    const { split } = await run('manual-no-prefetch', 12, quick)
    expect(Math.abs(split.slow - split.fast)).toBeLessThanOrEqual(2)
  })

  it('without prefetch a worker that comes late gets nothing', async () => {
    expect(await run('late-worker', 12, quick)).toMatchObject({ split: { slow: 12, fast: 0 }, lost: 0 })
  })

  it('with prefetch 1 a worker that comes late takes its share', async () => {
    const { split, bars } = await run('late-worker-fair', 40, steady)
    expect(split.fast).toBeGreaterThan(0)
    expect(split.slow + split.fast).toBe(40)
    // nobody held more than one: tasks are begun in the order in which they were published
    expect(bars.slice(1).every(({ number }, at) => number > (bars[at]?.number ?? 0) - 2)).toBe(true)
  })

  it('automatic acknowledgement loses what a killed worker held', async () => {
    const { lost, split, repeated } = await run('crash-auto-ack', 20, steady)
    expect(lost).toBeGreaterThan(0)
    expect(lost + split.slow + split.fast).toBe(20)
    expect(repeated).toBe(0)
  })

  it('manual acknowledgement gives what a killed worker held to the other', async () => {
    const { lost, left, split, repeated } = await run('crash-manual-ack', 20, steady)
    expect({ lost, left }).toEqual({ lost: 0, left: 0 })
    expect(split.slow + split.fast).toBe(20)
    expect(repeated).toBeGreaterThan(0)
  })

  it('fair dispatch gives the fast worker more', async () => {
    const { split, duplicated } = await run('fair', 12, quick)
    expect(split.slow + split.fast).toBe(12)
    expect(split.fast).toBeGreaterThanOrEqual(7)
    expect(duplicated).toBe(0)
  })

  it('mixed durations are balanced by time', async () => {
    const { split, tasks } = await run('mixed-durations', 12, quick)
    expect(tasks).toBe(10)
    expect(split.fast).toBeGreaterThan(split.slow)
  })
})
