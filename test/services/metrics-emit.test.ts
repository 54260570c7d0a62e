import { expect, test, vi } from 'vitest'
import { metrics } from '../../services/contract/metrics.ts'
import { createEmitter } from '../../services/telemetry/emit.ts'

function emitted(work: () => void): { _aws: { CloudWatchMetrics: object[] }; [key: string]: unknown }[] {
  const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  work()
  const lines = stdout.mock.calls.map(([line]) => JSON.parse(String(line)))
  vi.restoreAllMocks()
  return lines
}

test('a line has the namespace, and just the dimensions and units of the list', () => {
  const [line] = emitted(() => createEmitter('warren')({ Queue: 'tasks' }, { Ready: 3, DrainSeconds: 4 }))
  expect(line).toMatchObject({ Queue: 'tasks', Ready: 3, DrainSeconds: 4 })
  expect(line).not.toHaveProperty('service')
  expect(line?._aws.CloudWatchMetrics).toEqual([
    {
      Namespace: 'warren',
      Dimensions: [['Queue']],
      Metrics: [
        { Name: 'Ready', Unit: 'Count' },
        { Name: 'DrainSeconds', Unit: 'Seconds' },
      ],
    },
  ])
})

test('what scaling goes by can be looked at every ten seconds, and nothing else', () => {
  const where = { Queue: 'tasks', WorkerClass: 'small' }
  const names = Object.keys(metrics) as (keyof typeof metrics)[]
  const lines = emitted(() => {
    for (const name of names) createEmitter('warren')({ ...where, TaskType: 'digest' }, { [name]: 1 })
  })
  const stored = lines.flatMap((line) => (line._aws.CloudWatchMetrics as { Metrics: object[] }[])[0]?.Metrics)
  expect(stored).toEqual(
    names.map((name) => ({
      ...{ Name: name, Unit: metrics[name].unit },
      ...(['BacklogPerSlot', 'WakeUp'].includes(name) ? { StorageResolution: 1 } : {}),
    })),
  )
})

test('a metric by class and type is counted under both, on one line', () => {
  const where = { Queue: 'tasks', WorkerClass: 'small', TaskType: 'digest' }
  const lines = emitted(() => createEmitter('warren')(where, { TasksDone: 3, BusyShare: 80 }))
  expect(lines.map((line) => line._aws.CloudWatchMetrics[0])).toMatchObject([
    {
      Dimensions: [
        ['Queue', 'WorkerClass'],
        ['Queue', 'WorkerClass', 'TaskType'],
      ],
    },
    { Dimensions: [['Queue', 'WorkerClass']] },
  ])
})

test('values beyond a hundred keep their dimensions on further lines', () => {
  const where = { Queue: 'tasks', WorkerClass: 'small', TaskType: 'digest' }
  const durations = Array.from({ length: 250 }, (_, index) => index)
  const lines = emitted(() => createEmitter('warren')(where, { TaskDuration: durations, TasksDone: 250 }))
  expect(lines.flatMap((line) => line['TaskDuration'])).toEqual(durations)
  expect(lines.flatMap((line) => line['TasksDone'] ?? [])).toEqual([250])
  for (const line of lines) expect(line).toMatchObject(where)
})

test('a value without the dimensions of all sets is counted under those it has', () => {
  const lines = emitted(() =>
    createEmitter('warren')({ Queue: 'tasks', WorkerClass: 'small' }, { TasksDone: 0, BusyShare: [1, 2] }),
  )
  expect(lines).toMatchObject([
    {
      TasksDone: 0,
      BusyShare: [1, 2],
      _aws: { CloudWatchMetrics: [{ Dimensions: [['Queue', 'WorkerClass']] }] },
    },
  ])
})

test('a line can tell of an earlier moment', () => {
  const at = Date.now() - 60_000
  expect(emitted(() => createEmitter('warren')({ Queue: 'tasks' }, { Ready: 3 }, at))).toMatchObject([
    { _aws: { Timestamp: at } },
  ])
})

test('a metric whose dimension has no value is refused', () => {
  expect(() => createEmitter('warren')({ Queue: 'tasks' }, { WakeUp: 1 })).toThrow('WorkerClass')
})

test('the sandbox, with two classes and two task types, has at most 41 custom metrics', () => {
  const values = { Queue: 1, WorkerClass: 2, TaskType: 2 }
  const count = Object.values(metrics)
    .filter((metric) => metric !== metrics.WakeUp) // no class of the sandbox scales down to none
    .filter((metric) => metric !== metrics.ThreadsBlocked) // and none lets slots share a thread
    .filter((metric) => metric !== metrics.PausedSeconds) // only while the queue is paused
    .filter((metric) => metric !== metrics.TasksCancelled) // only while somebody cancels
    .filter((metric) => metric !== metrics.TasksHeld) // only with a ledger, while it does not answer
    .filter((metric) => metric !== metrics.TasksSent && metric !== metrics.TasksPutOff) // no handler sends
    .flatMap((metric) => metric.dimensions)
    .reduce((sum, set) => sum + set.reduce((product, name) => product * values[name], 1), 0)
  expect(count).toBeLessThanOrEqual(41)
})
