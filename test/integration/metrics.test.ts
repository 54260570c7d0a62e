import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { namesOf } from '../../infra/names.ts'
import { metrics } from '../../services/contract/metrics.ts'
import { cancel } from '../../services/operator/cancel.ts'
import { setPaused } from '../../services/operator/pause.ts'
import { type EmittedMetric, emittedMetrics } from '../support/emitted-metrics.ts'
import { fixtures } from '../support/environments.ts'
import { invokeLambda } from '../support/lambda.ts'
import { misbehavingTasks } from '../support/misbehaving-tasks.ts'
import { startProducer } from '../support/producer.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { sendingTasks } from '../support/sending-tasks.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { askedMetrics } from '../support/template-metrics.ts'
import { openAs } from '../support/topology.ts'
import { until } from '../support/until.ts'
import { startWorker } from '../support/worker-process.ts'
import { workerWith } from '../support/worker-with.ts'

/** All that the bundled services emit when something of everything happens to each worker class. */
const stack = new AsyncDisposableStack()
const misbehaving = workerWith([...misbehavingTasks, ...sendingTasks])
const emitted: EmittedMetric[] = []
const METRICS_NAMESPACE = 'local'
const take = (lines: readonly object[]) => emitted.push(...lines.flatMap(emittedMetrics))
const values = (name: string, dimensions: object = {}) =>
  emitted
    .filter((metric) => metric.name === name)
    .filter((metric) => Object.entries(dimensions).every(([key, value]) => metric.dimensions[key] === value))
    .flatMap((metric) => metric.values)
const total = (...given: Parameters<typeof values>) => values(...given).reduce((sum, value) => sum + value, 0)

beforeAll(async () => {
  // as in the project infra: CDK's own check of a template takes seconds
  vi.stubEnv('CDK_VALIDATION', 'false')
  const workAndLook = async (workerClass: string) => {
    const queue = stack.use(await createQueue(inject('broker')))
    await work(queue, workerClass)
    await look(queue)
  }
  await Promise.all([
    workAndLook('small'),
    workAndLook('large'),
    block(),
    send(),
    sendFromHandlers(),
    steer(),
  ])
})
afterAll(() => stack.disposeAsync())

async function work(queue: TestQueue, workerClass: string): Promise<void> {
  await queue.publish(
    ...Array.from({ length: 3 }, () => ({ type: 'sleep', payload: { ms: 1 } })),
    { type: 'digest', payload: { rounds: 1 } },
    { type: 'sleep', payload: 'none' },
    { type: 'digest', payload: 'none' },
    { type: 'none', payload: {} },
  )
  const variables = { ...queue.environment('worker'), METRICS_NAMESPACE, WORKER_CLASS: workerClass }
  await using worker = startWorker(inject('bundles'), { ...variables, WORKER_SLOTS: '2' })
  // the unknown one is tried three times
  await worker.ended(9)
  const [held] = await queue.publish({ type: 'sleep', payload: { ms: 60_000 } })
  await until(async () => (await queue.counts()).ready === 0, {
    within: 60,
    what: 'the long task to be taken',
  })
  await queue.deleteWork()
  const tries = await worker.ended(10)
  expect(tries.at(-1)).toMatchObject({ id: held, outcome: 'consumer-timeout' })
  await queue.apply()
  take((await worker.stop()).lines)
}

/** A handler holds up those that share its thread. No type of the template's own computes for so long on every machine. */
async function block(): Promise<void> {
  const queue = stack.use(await createQueue(inject('broker')))
  const shared = { METRICS_NAMESPACE, WORKER_CLASS: 'small', WORKER_SLOTS: '2', WORKER_SLOTS_PER_THREAD: '2' }
  await queue.publish({ type: 'block', payload: { ms: 1_500 } })
  await using worker = startWorker(misbehaving(), { ...queue.environment('worker'), ...shared })
  await worker.line('a handler blocked the thread that others share')
  const { lines } = await worker.stop()
  emitted.push(...lines.flatMap(emittedMetrics).filter(({ name }) => name === 'ThreadsBlocked'))
}

/** No type of the template's own sends, or is put off. */
async function sendFromHandlers(): Promise<void> {
  const queue = stack.use(await createQueue(inject('broker'), { workerPublishes: true }))
  await queue.publish({ type: 'parent', payload: {} }, { type: 'busy', payload: { times: 1 } })
  const variables = { METRICS_NAMESPACE, WORKER_CLASS: 'small' }
  await using worker = startWorker(misbehaving(), { ...queue.environment('worker'), ...variables })
  await worker.ended(5)
  const { lines } = await worker.stop()
  const names = ['TasksSent', 'TasksPutOff']
  emitted.push(...lines.flatMap(emittedMetrics).filter(({ name }) => names.includes(name)))
}

/** An operator cancels a task, and pauses a queue. */
async function steer(): Promise<void> {
  const queue = stack.use(await createQueue(inject('broker')))
  const { BROKER_USERNAME, BROKER_PASSWORD } = queue.environment('operator')
  const operator = await openAs(inject('broker'), BROKER_USERNAME, BROKER_PASSWORD)
  stack.defer(() => operator.close())
  await cancel(operator, queue.name, { ids: ['dropped'], undo: false })
  await queue.publish({ id: 'dropped', type: 'sleep', payload: { ms: 1 } })
  const variables = { ...queue.environment('worker'), METRICS_NAMESPACE, WORKER_CLASS: 'small' }
  await using worker = startWorker(inject('bundles'), variables)
  await worker.ended(1)
  const done = await worker.stop()
  await setPaused(operator, queue.name, true)
  const probe = { ...queue.environment('probe'), METRICS_NAMESPACE, WAKE_UP: '[]' }
  const looked = await until(
    async () => {
      const { output, error } = await invokeLambda(inject('bundles'), 'probe', probe, {})
      return error ? undefined : output.trim().split('\n')
    },
    { within: 60, what: 'figures of the paused queue' },
  )
  const lines = [...done.lines, ...looked.map((line) => JSON.parse(line))]
  const names = ['TasksCancelled', 'PausedSeconds']
  emitted.push(...lines.flatMap(emittedMetrics).filter(({ name }) => names.includes(name)))
}

async function look(queue: TestQueue): Promise<void> {
  const wakeUp = ['small', 'large'].map((name) => ({ class: name, backlogAbove: 1 }))
  const variables = { ...queue.environment('probe'), METRICS_NAMESPACE, WAKE_UP: JSON.stringify(wakeUp) }
  // the broker's figures are some seconds old, and it has none of a new queue
  const lines = await until(
    async () => {
      const { output, error } = await invokeLambda(inject('bundles'), 'probe', variables, {})
      const parsed: Record<string, unknown>[] = error
        ? []
        : output
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line))
      return parsed[0]?.['DeadLetters'] === 3 && parsed
    },
    { within: 60, what: 'the figures of all dead letters' },
  )
  take(lines)
}

async function send(): Promise<void> {
  const queue = stack.use(await createQueue(inject('broker')))
  const { hostname, port } = new URL(inject('broker').amqpUrl)
  await using line = await startTcpProxy({ host: hostname, port: Number(port) })
  const variables = { ...queue.environment('producer'), METRICS_NAMESPACE }
  const task = { type: 'sleep', payload: { ms: 1 } }
  await using producer = await startProducer(inject('bundles'), {
    ...variables,
    BROKER_URL: `amqp://127.0.0.1:${line.port}`,
  })
  expect(await producer.get('/queue')).toMatchObject({ status: 200 })
  line.cut()
  await until(() => line.open === 0, { within: 60, what: 'the producer to notice' })
  expect(await producer.post({ tasks: [task, task] })).toMatchObject({ status: 202 })
  await queue.deleteWork()
  await using other = await startProducer(inject('bundles'), variables)
  expect(await other.post(task)).toMatchObject({ status: 503 })
  await other.line((line) => '_aws' in line)
  take([...(await producer.stop()), ...(await other.stop())])
}

// their classes are those that worked here
describe.each(['test-one-node', 'test-cluster'] as const)('%s', (name) => {
  const Queue = fixtures[name].workQueue.queue
  test('every alarm, scaling policy and widget asks for a metric that was emitted, or for one of AWS’s', () => {
    const known = new Set(emitted.map(({ name, dimensions }) => key(name, { ...dimensions, Queue })))
    const asked = askedMetrics(name).filter(({ namespace }) => !namespace.startsWith('AWS/'))
    expect(asked.length).toBeGreaterThan(30)
    const dangling = asked.filter(
      (metric) =>
        metric.namespace !== namesOf(name).metricsNamespace ||
        !known.has(key(metric.name, metric.dimensions)),
    )
    expect(dangling).toEqual([])
  })
})

test('every metric of the list was emitted, with its unit and each of its sets of dimensions, and no other', () => {
  const key = (name: string, unit: string, set: readonly string[]) => [name, unit, ...set].join(' ')
  // worker-ledger-away.test.ts has a ledger that does not answer
  const here = Object.entries(metrics).filter(([name]) => name !== 'TasksHeld')
  const listed = here.flatMap(([name, { unit, dimensions }]) => dimensions.map((set) => key(name, unit, set)))
  const seen = emitted.map(({ name, unit, dimensions }) => key(name, unit, Object.keys(dimensions)))
  expect([...new Set(seen)].toSorted()).toEqual(listed.toSorted())
})

test('the counts are those of what happened', () => {
  const large = { WorkerClass: 'large' }
  const byClass = (name: string, more = {}) =>
    emitted
      .filter(
        (each) => each.name === name && Object.keys(each.dimensions).length === 2 + Object.keys(more).length,
      )
      .filter((each) => Object.entries({ ...large, ...more }).every(([k, v]) => each.dimensions[k] === v))
      .flatMap((each) => each.values)
      .reduce((sum, value) => sum + value, 0)
  expect(byClass('TasksDone')).toBe(4)
  expect(byClass('TasksDone', { TaskType: 'sleep' })).toBe(3)
  expect(byClass('TasksFailed')).toBe(5)
  expect(byClass('TasksFailed', { TaskType: 'unknown' })).toBe(3)
  expect(byClass('TasksDeadLettered')).toBe(2)
  expect(total('TasksRedelivered')).toBe(4)
  expect(total('ConsumerTimeouts')).toBe(2)
  expect(values('TaskWait', large)).toHaveLength(8)
  expect(values('BusyShare', large).length % 2).toBe(0)
  expect(total('TasksSent')).toBe(2)
  expect(total('TasksPutOff')).toBe(1)
  expect(total('TasksCancelled')).toBe(1)
  expect(total('TasksAccepted')).toBe(2)
  expect(total('TasksRefused')).toBe(1)
  expect(total('Reconnects')).toBe(1)
  expect(total('ThreadsBlocked')).toBeGreaterThanOrEqual(1)
  expect(values('ConfirmLatency')).toHaveLength(1)
  expect(values('DeadLetters')).toEqual([3, 3])
})

test('without a namespace there are no metrics, and no more than the share of the done tasks is logged', async () => {
  await using queue = await createQueue(inject('broker'))
  await queue.publish(...Array.from({ length: 20 }, () => ({ type: 'sleep', payload: { ms: 1 } })), {
    id: 'bad',
    type: 'sleep',
    payload: 'none',
  })
  const variables = { ...queue.environment('worker'), TASK_LOG_SAMPLE: '0' }
  await using worker = startWorker(inject('bundles'), variables)
  expect(await worker.ended(1)).toMatchObject([{ id: 'bad', outcome: 'unreadable' }])
  const { lines, tries } = await worker.stop()
  expect(tries).toHaveLength(1)
  expect(lines.flatMap(emittedMetrics)).toEqual([])
})

function key(name: string, dimensions: Readonly<Record<string, string>>): string {
  return JSON.stringify([name, Object.entries(dimensions).toSorted()])
}
