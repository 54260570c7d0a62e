import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { routeFor } from './api.ts'
import { testsNamed } from './not-executed.ts'
import { metricIn } from './scaling.ts'

const metric = { namespace: 'warren/sandbox', name: 'BacklogPerSlot', dimensions: { Queue: 'tasks' } }

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
    expect(metricIn(line(['Queue']), metric)).toBe(2.5)
    expect(metricIn(line(['Queue', 'service']), metric)).toBeUndefined()
    expect(metricIn({ ...line(['Queue']), Queue: 'other' }, metric)).toBeUndefined()
  })
})

it('the rehearsal’s API prefers the most specific route', () => {
  const route = (key: string) => ({ key, authorization: 'AWS_IAM', functionArn: 'arn' })
  const routes = [route('ANY /{proxy+}'), route('POST /tasks'), route('GET /queue')]
  expect(routeFor(routes, 'POST', '/tasks')?.key).toBe('POST /tasks')
  expect(routeFor(routes, 'GET', '/tasks')?.key).toBe('ANY /{proxy+}')
  expect(routeFor([route('GET /queue')], 'GET', '/')).toBeUndefined()
  expect(routeFor(routes, 'GET', '/')).toBeUndefined()
  expect(routeFor([...routes, route('$default')], 'GET', '/')?.key).toBe('$default')
})

it('tests that the rehearsal names for what it does not run are there', () => {
  expect(testsNamed.filter((file) => !existsSync(file))).toEqual([])
})
