import { describe, expect, it } from 'vitest'
import { runSmall } from './experiment.ts'
import { isQuiet } from './experiments/facts.ts'

// long enough for a worker to be killed, or to come late, in mid-run on a busy machine
const steady = { slow: 120, fast: 60 }

describe('on a real broker', () => {
  it('automatic acknowledgement gives each worker half', async () => {
    const { split, lost, bars } = await runSmall('auto-ack', { tasks: 12 })
    expect(split.slow + split.fast).toBe(12)
    expect(Math.abs(split.slow - split.fast)).toBeLessThanOrEqual(2)
    expect(lost).toBe(0)
    expect(new Set(bars.map(({ task }) => task)).size).toBe(12)
  })

  it('manual acknowledgement without prefetch gives each worker half', async () => {
    const { split } = await runSmall('manual-no-prefetch', { tasks: 12 })
    expect(Math.abs(split.slow - split.fast)).toBeLessThanOrEqual(2)
  })

  it('without prefetch a worker that comes late gets nothing', async () => {
    expect(await runSmall('late-worker', { tasks: 12 })).toMatchObject({
      split: { slow: 12, fast: 0 },
      lost: 0,
    })
  })

  it('with prefetch 1 a worker that comes late takes its share', async () => {
    const { split, bars } = await runSmall('late-worker-fair', { tasks: 40, taskMs: steady })
    expect(split.fast).toBeGreaterThan(0)
    expect(split.slow + split.fast).toBe(40)
    // nobody held more than one: tasks are begun in the order in which they were published
    expect(bars.slice(1).every(({ number }, at) => number > (bars[at]?.number ?? 0) - 2)).toBe(true)
  })

  it('automatic acknowledgement loses what a killed worker held', async () => {
    const { lost, split, repeated } = await runSmall('crash-auto-ack', { tasks: 20, taskMs: steady })
    expect(lost).toBeGreaterThan(0)
    expect(lost + split.slow + split.fast).toBe(20)
    expect(repeated).toBe(0)
  })

  it('manual acknowledgement gives what a killed worker held to the other', async () => {
    const { lost, left, split, repeated } = await runSmall('crash-manual-ack', { tasks: 20, taskMs: steady })
    expect({ lost, left }).toEqual({ lost: 0, left: 0 })
    expect(split.slow + split.fast).toBe(20)
    expect(repeated).toBeGreaterThan(0)
  })

  it('fair dispatch gives the fast worker more', async () => {
    const { split, duplicated } = await runSmall('fair', { tasks: 12 })
    expect(split.slow + split.fast).toBe(12)
    expect(split.fast).toBeGreaterThanOrEqual(7)
    expect(duplicated).toBe(0)
  })

  it('without tenants, those who send after a noisy one wait for all of its tasks', async () => {
    const { bars, lost } = await runSmall('noisy-neighbour', { tasks: 30 })
    expect(bars).toHaveLength(30)
    expect(lost).toBe(0)
    // two tasks that two workers take at the same time may begin in either order
    expect(bars.slice(-8).every(isQuiet)).toBe(true)
  })

  it('with tenants, they wait for no more than it had sent first', async () => {
    const { bars, lost } = await runSmall('noisy-neighbour-fair', { tasks: 30 })
    expect(bars).toHaveLength(30)
    expect(lost).toBe(0)
    expect(bars.slice(-8).some(isQuiet)).toBe(false)
  })

  it('with two queues and one endpoint, what computes and what waits do not meet', async () => {
    const { split, lost, bars } = await runSmall('two-queues', { tasks: 12, taskMs: steady })
    expect({ split, lost }).toEqual({ split: { slow: 6, fast: 6 }, lost: 0 })
    expect(new Set(bars.map(({ worker, sender }) => `${sender} on ${worker}`))).toEqual(
      new Set(['computes on slow', 'waits on fast']),
    )
  })

  it('mixed durations are balanced by time', async () => {
    const { split, tasks } = await runSmall('mixed-durations', { tasks: 12 })
    expect(tasks).toBe(10)
    expect(split.fast).toBeGreaterThan(split.slow)
  })
})
