import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Outcome } from '../../services/contract/log.ts'
import { flushSeconds } from '../../services/contract/metrics.ts'
import type { MetricValues } from '../../services/telemetry/emit.ts'
import type { Try } from '../../services/worker/delivery.ts'
import { WorkerMetrics } from '../../services/worker/metrics.ts'

type Line = { readonly dimensions: Record<string, string>; readonly values: MetricValues }
let lines: Line[]
let metrics: WorkerMetrics

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
  lines = []
  metrics = new WorkerMetrics({
    emit: (dimensions, values) => lines.push({ dimensions: dimensions as Record<string, string>, values }),
    queue: 'tasks',
    workerClass: 'small',
    slots: 2,
    seconds: flushSeconds.worker,
    types: ['digest', 'sleep'],
  })
})
afterEach(() => vi.useRealTimers())

function run(slot: number, seconds: number, facts: Partial<Try> = {}): void {
  const { deliveryCount = 0 } = facts
  metrics.began(slot, deliveryCount)
  vi.advanceTimersByTime(seconds * 1_000)
  metrics.ended({
    ...{
      id: '1',
      type: 'digest',
      priority: 4,
      class: 'small',
      worker: 'w',
      slot,
      queuedAt: null,
      startedAt: '',
    },
    ...{ waitMs: null, durationMs: seconds * 1_000, deliveryCount, outcome: 'done' },
    ...facts,
  })
}
const where = (dimensions: Record<string, string>) =>
  lines.filter((line) => JSON.stringify(line.dimensions) === JSON.stringify(dimensions))
const queue = { Queue: 'tasks' }
const small = { ...queue, WorkerClass: 'small' }

test('an idle worker writes zeros each interval, and nothing else', () => {
  vi.advanceTimersByTime(flushSeconds.worker * 2_000)
  expect(where(small).map(({ values }) => values)).toEqual(
    Array(2).fill({ TasksDone: 0, BusyShare: [0, 0], TaskWait: [] }),
  )
  expect(where(queue).map(({ values }) => values)).toEqual(Array(2).fill({ RedeliveryShare: [0, 0] }))
})

test('a task costs no line: a thousand are counted together, with at most 99 durations and waits', () => {
  for (let count = 0; count < 1_000; count += 1) run(0, 0.001, { waitMs: 5 })
  expect(lines).toEqual([])
  metrics.flush()
  const [line] = where({ ...small, TaskType: 'digest' })
  expect(line?.values).toMatchObject({ TasksDone: 1_000 })
  expect(line?.values.TaskDuration).toHaveLength(99)
  expect(where(small)[0]?.values.TaskWait).toHaveLength(99)
})

test('busy is the part of a slot that ran tasks; one that goes on counts in each interval', () => {
  run(0, 6)
  metrics.began(1, 0)
  vi.advanceTimersByTime(24_000)
  vi.advanceTimersByTime(30_000)
  expect(where(small).map(({ values }) => values.BusyShare)).toEqual([
    [20, 80],
    [0, 100],
  ])
})

test('what a task that had failed before takes is redelivery time, and its wait is not measured again', () => {
  run(1, 15, { deliveryCount: 1, waitMs: 60_000 })
  vi.advanceTimersByTime(15_000)
  expect(where(queue)[0]?.values).toEqual({ RedeliveryShare: [0, 50], TasksRedelivered: 1 })
  expect(where(small)[0]?.values.TaskWait).toEqual([])
})

test.each<[Outcome, object]>([
  ['done', { TasksDone: 1 }],
  ['failed', { TasksFailed: 1 }],
  ['timed-out', { TasksFailed: 1 }],
  ['thread-died', { TasksFailed: 1 }],
  ['unknown-type', { TasksFailed: 1 }],
  ['connection-lost', { TasksFailed: 1 }],
  ['permanent-failure', { TasksFailed: 1, TasksDeadLettered: 1 }],
  ['unreadable', { TasksFailed: 1, TasksDeadLettered: 1 }],
  ['consumer-timeout', { ConsumerTimeouts: 1 }],
  ['later', { TasksPutOff: 1 }],
  ['handed-back', {}],
  ['cancelled', { TasksCancelled: 1 }],
])('a try that ended as %s counts as %o', (outcome, expected) => {
  run(0, 1, { outcome })
  metrics.flush()
  const counts = Object.fromEntries(
    lines.flatMap(({ values }) => Object.entries(values)).filter(([, value]) => Number(value) === 1),
  )
  expect(counts).toEqual(expected)
})

test('a type that the worker does not know costs no metrics of its own', () => {
  run(0, 1, { type: 'invented-by-a-client', outcome: 'unknown-type' })
  metrics.flush()
  expect(where({ ...small, TaskType: 'unknown' })[0]?.values).toMatchObject({ TasksFailed: 1 })
  expect(JSON.stringify(lines)).not.toContain('invented')
})
