import { describe, expect, it } from 'vitest'
import { createActivation, createHpa } from './kubernetes.ts'
import { createScaling, type Decide } from './scaling-model.ts'
import type { ScalingPolicy } from './scaling-policy.ts'

const metric = { namespace: 'warren', name: 'BacklogPerSlot', dimensions: {} }
const limits = { min: 1, max: 10 }
const tracking: ScalingPolicy = {
  ...{
    kind: 'target tracking',
    metric,
    target: 3,
    scaleOutCooldown: 90,
    scaleInCooldown: 300,
    scalesIn: true,
  },
}
const stepping: ScalingPolicy = {
  ...{ kind: 'step scaling', metric, threshold: 2, comparison: 'GreaterThanThreshold', statistic: 'Average' },
  ...{ periodSeconds: 60, periods: 1, percent: true, least: 1, cooldown: 120 },
  steps: [
    { from: 0, to: 4, change: 50 },
    { from: 4, to: Infinity, change: 200 },
  ],
}

/** What a policy makes of a metric, a value for each of its looks. */
function capacities(decide: Decide, values: readonly number[], from: number, every = 60): number[] {
  let now = from
  return values.map((value, look) => {
    now = decide(every * look, value, now)
    return now
  })
}

describe('target tracking', () => {
  const tracked = (values: readonly number[], from: number, policy = tracking) =>
    capacities(createScaling(policy, limits), values, from)

  it('adds tasks in proportion after three minutes above the target, then waits for its cooldown', () => {
    expect(tracked([6, 6, 6, 6, 6], 1)).toEqual([1, 1, 2, 2, 4])
  })

  it('adds more during its cooldown only where that is more in all', () => {
    expect(tracked([6, 6, 6, 12], 1)).toEqual([1, 1, 2, 4])
  })

  it('goes no higher than the most', () => {
    expect(tracked([90, 90, 90], 1).at(-1)).toBe(10)
  })

  it('takes tasks away after fifteen minutes clearly below, and not for a target that is nearly met', () => {
    expect(tracked(Array(15).fill(1), 4).slice(-2)).toEqual([4, 2])
    expect(tracked(Array(30).fill(2.8), 4).at(-1)).toBe(4)
    expect(tracked(Array(30).fill(1), 4, { ...tracking, scalesIn: false } as typeof tracking).at(-1)).toBe(4)
  })
})

describe('step scaling', () => {
  const stepped = (values: readonly number[], from: number, changes: object = {}) =>
    capacities(createScaling({ ...stepping, ...changes } as ScalingPolicy, limits), values, from)

  it('adds the percentage of the step, at least one task, then waits for its cooldown', () => {
    expect(stepped([2, 3, 3, 3], 1)).toEqual([1, 2, 2, 3])
    expect(stepped([7], 2)).toEqual([6])
  })

  it('adds no percentage of no task, unless the policy names a least', () => {
    const fromNone = (least: number) =>
      capacities(createScaling({ ...stepping, least } as ScalingPolicy, { min: 0, max: 10 }), [7], 0)
    expect([fromNone(0), fromNone(1)]).toEqual([[0], [1]])
  })

  it('adds during its cooldown only what is more than before', () => {
    expect(stepped([3, 7], 2)).toEqual([3, 8])
  })

  it('takes away after all of its periods, and not during its cooldown', () => {
    const steps = [{ from: -Infinity, to: 0, change: -20 }]
    const values = [9, 0, 0, 0, 0, 0, 0, 0]
    const below = { steps, threshold: 0.7, comparison: 'LessThanThreshold', periods: 5 }
    expect(stepped(values, 10, below)).toEqual([10, 10, 10, 10, 10, 8, 8, 7])
  })

  /** What an alarm makes of a look every ten seconds. */
  const often = (values: readonly number[], from: number, changes: object) =>
    capacities(createScaling({ ...stepping, ...changes } as ScalingPolicy, limits, 10), values, from, 10)

  it('acts within seconds at high resolution, then once a minute while the alarm stays on', () => {
    const changes = {
      periodSeconds: 10,
      cooldown: 0,
      percent: false,
      steps: [{ from: 0, to: Infinity, change: 1 }],
    }
    const seen = often([0, ...Array(12).fill(9)], 1, changes)
    expect(seen).toEqual([1, ...Array(6).fill(2), ...Array(6).fill(3)])
    // off and on again is a new alarm
    expect(often([9, 0, 9, 9], 1, changes)).toEqual([2, 2, 3, 3])
  })

  it('takes the mean of a period’s looks, and looks at a minute when it is over', () => {
    const changes = { periodSeconds: 60, percent: false, steps: [{ from: 0, to: Infinity, change: 1 }] }
    expect(often([0, 0, 0, 3, 5, 5, 0], 1, changes)).toEqual([...Array(5).fill(1), 2, 2])
    expect(often([0, 0, 0, 0, 5, 5, 5], 1, changes)).toEqual(Array(7).fill(1))
  })

  it('adds a number of tasks where the policy says so', () => {
    expect(stepped([3], 4, { percent: false, steps: [{ from: 0, to: Infinity, change: 5 }] })).toEqual([9])
  })
})

describe('KEDA and its HPA', () => {
  it('leaves none for the first message, and comes back five minutes after the last', () => {
    const decide = createActivation({ min: 0, max: 10 })
    expect(capacities(decide, [0, 1, 0, ...Array(10).fill(0)], 0, 30).indexOf(0, 2)).toBe(11)
  })

  it('wants a pod for each 20 messages, at most doubles or adds four, and goes down after five minutes', () => {
    const decide = createHpa({ min: 1, max: 100 })
    expect(capacities(decide, [1_000, 1_000, 1_000, 1_000], 1, 15)).toEqual([5, 10, 20, 40])
    const down = createHpa({ min: 1, max: 100 })
    expect(capacities(down, [200, ...Array(21).fill(0)], 10, 15).slice(-2)).toEqual([10, 1])
  })
})
