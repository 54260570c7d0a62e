import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ProducerMetrics } from '../../services/producer/metrics.ts'
import type { MetricValues } from '../../services/telemetry/emit.ts'

let lines: {
  readonly Queue: string | undefined
  readonly values: MetricValues
  readonly at: number | undefined
}[]
let metrics: ProducerMetrics
beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
  lines = []
  metrics = new ProducerMetrics(({ Queue }, values, at) => lines.push({ Queue, values, at }), 'tasks', 10)
})
afterEach(() => vi.useRealTimers())
const tasks = (accepted: number, refused: number, queue = 'tasks') => [
  ...Array.from({ length: accepted }, () => ({ queue, accepted: true })),
  ...Array.from({ length: refused }, () => ({ queue, accepted: false })),
]
const request = (durationMs: number, given = {}) =>
  metrics.published({ tasks: tasks(1, 0), durationMs, reconnects: 0, ...given })

test('the first request after a pause is written at once, those that follow together', () => {
  request(5)
  expect(lines.map(({ values }) => values)).toEqual([{ TasksAccepted: 1, ConfirmLatency: [5] }])
  for (let count = 0; count < 500; count += 1) request(7)
  expect(lines).toHaveLength(1)
  vi.advanceTimersByTime(10_000)
  expect(lines).toHaveLength(2)
  expect(lines[1]?.values).toMatchObject({ TasksAccepted: 500 })
  expect(lines[1]?.values.ConfirmLatency).toHaveLength(99)
})

test('nothing is written while nothing is asked', () => {
  vi.advanceTimersByTime(3_600_000)
  expect(lines).toEqual([])
})

test('what a frozen process had counted is written with the time of then', () => {
  request(5)
  vi.setSystemTime(1_004_000)
  request(6)
  vi.setSystemTime(9_000_000)
  metrics.flush()
  expect(lines.map(({ at }) => at)).toEqual([1_000_000, 1_004_000])
})

test('refused tasks are counted, and how long that took is no confirm latency', () => {
  request(10_000, { tasks: tasks(3, 2) })
  expect(lines[0]?.values).toEqual({ TasksAccepted: 3, TasksRefused: 2, ConfirmLatency: [] })
})

test('tasks count for their queue, what is not one queue’s alone for the default one', () => {
  request(8, { tasks: [...tasks(2, 0), ...tasks(3, 1, 'reports')], reconnects: 1 })
  request(9, { tasks: tasks(4, 0, 'reports') })
  metrics.flush()
  expect(lines.map(({ Queue, values }) => [Queue, values])).toEqual([
    ['tasks', { TasksAccepted: 2, Reconnects: 1, ConfirmLatency: [] }],
    ['reports', { TasksAccepted: 3, TasksRefused: 1 }],
    ['reports', { TasksAccepted: 4 }],
    ['tasks', { TasksAccepted: 0, ConfirmLatency: [9] }],
  ])
})

test('each new connection is counted once', () => {
  request(5)
  request(5, { reconnects: 2 })
  metrics.flush()
  request(5, { reconnects: 2 })
  metrics.flush()
  expect(lines.map(({ values }) => values.Reconnects)).toEqual([undefined, 2, undefined])
})
