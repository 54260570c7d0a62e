import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { routeFor } from '../rehearsal/api.ts'
import { testsNamed } from '../rehearsal/not-executed.ts'
import { makeTracker, metricIn, type Policy } from '../rehearsal/scaling.ts'

const policy: Policy = {
  service: 'small',
  metric: { namespace: 'warren/sandbox', name: 'BacklogPerSlot', dimensions: { Queue: 'tasks' } },
  target: 3,
  scaleOutCooldown: 90,
  scaleInCooldown: 300,
  min: 1,
  max: 10,
}

/** What a policy makes of a metric, a value for each minute. */
function capacities(values: readonly number[], from: number): number[] {
  const decide = makeTracker(policy)
  let now = from
  return values.map((value, minute) => {
    now = decide(60 * minute, value, now)
    return now
  })
}

describe('the rehearsal’s target tracking', () => {
  it('adds tasks in proportion after three minutes above the target, then waits for its cooldown', () => {
    expect(capacities([6, 6, 6, 6, 6], 1)).toEqual([1, 1, 2, 2, 4])
  })

  it('goes no higher than the most', () => {
    expect(capacities([90, 90, 90], 1).at(-1)).toBe(10)
  })

  it('takes tasks away after fifteen minutes clearly below, and not for a target that is nearly met', () => {
    expect(capacities(Array(15).fill(1), 4).slice(-2)).toEqual([4, 2])
    expect(capacities(Array(30).fill(2.8), 4).at(-1)).toBe(4)
  })
})

describe('the rehearsal’s reading of metrics', () => {
  const line = (dimensions: string[]) => ({
    _aws: {
      CloudWatchMetrics: [
        { Namespace: 'warren/sandbox', Dimensions: [dimensions], Metrics: [{ Name: 'BacklogPerSlot' }] },
      ],
    },
    Queue: 'tasks',
    BacklogPerSlot: 2.5,
  })

  it('takes a value with exactly the dimensions that a policy names', () => {
    expect(metricIn(line(['Queue']), policy.metric)).toBe(2.5)
    expect(metricIn(line(['Queue', 'service']), policy.metric)).toBeUndefined()
    expect(metricIn({ ...line(['Queue']), Queue: 'other' }, policy.metric)).toBeUndefined()
  })
})

it('the rehearsal’s API prefers the most specific route', () => {
  const route = (key: string) => ({ key, authorization: 'AWS_IAM', functionArn: 'arn' })
  const routes = [route('ANY /{proxy+}'), route('POST /tasks'), route('GET /queue')]
  expect(routeFor(routes, 'POST', '/tasks')?.key).toBe('POST /tasks')
  expect(routeFor(routes, 'GET', '/tasks')?.key).toBe('ANY /{proxy+}')
  expect(routeFor([route('GET /queue')], 'GET', '/')).toBeUndefined()
})

it('tests that the rehearsal names for what it does not run are there', () => {
  expect(testsNamed.filter((file) => !existsSync(file))).toEqual([])
})
