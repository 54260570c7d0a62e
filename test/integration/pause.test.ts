import { isDeepStrictEqual } from 'node:util'
import type { ChannelModel } from 'amqplib'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { startNode } from '../../local/broker/start.ts'
import { manage } from '../../services/amqp/management.ts'
import { pausedExchange, resumedExchange } from '../../services/contract/control.ts'
import { brokerUser } from '../../services/contract/topology.ts'
import { setPaused } from '../../services/operator/pause.ts'
import { readQueue } from '../../services/probe/figures.ts'
import { misbehavingTasks } from '../support/misbehaving-tasks.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { type AnyBroker, openAs } from '../support/topology.ts'
import { until } from '../support/until.ts'
import { endedBy, startWorker, type WorkerProcess } from '../support/worker-process.ts'
import { workerWith } from '../support/worker-with.ts'

const broker = inject('broker')
const bundles = workerWith(misbehavingTasks)
let stack: AsyncDisposableStack
let queue: TestQueue
let operator: ChannelModel
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  queue = stack.use(await createQueue(broker))
  operator = await open(broker, queue)
})
afterEach(() => stack.disposeAsync())

async function open(at: AnyBroker, { environment }: TestQueue): Promise<ChannelModel> {
  const { BROKER_USERNAME, BROKER_PASSWORD } = environment('operator')
  const connection = await openAs(at, BROKER_USERNAME, BROKER_PASSWORD)
  stack.defer(() => connection.close().catch(() => undefined))
  return connection
}

const start = (variables: Readonly<Record<string, string>> = {}, of = queue): WorkerProcess =>
  stack.use(startWorker(bundles(), { ...of.environment('worker'), ...variables }))
const pause = () => setPaused(operator, queue.name, true)
const resume = () => setPaused(operator, queue.name, false)
const sleep = (ms: number) => ({ type: 'sleep', payload: { ms } })
const paused = 'paused by the operator'
const resumed = 'resumed by the operator'

/** Waits until these tasks are done: each once, with no failure counted. */
async function expectDoneOnce(ids: readonly string[], ...workers: readonly WorkerProcess[]): Promise<void> {
  const tries = await endedBy(workers, ids.length)
  expect(tries.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
  expect(new Set(tries.map(({ outcome, deliveryCount }) => `${outcome} ${deliveryCount}`))).toEqual(
    new Set(['done 0']),
  )
}

async function untilReady(count: number): Promise<void> {
  await until(async () => (await queue.counts()).ready === count, { within: 60, what: `${count} ready` })
}

test('what runs is finished, what waits goes on waiting, and all is done after the pause', async () => {
  const worker = start({ WORKER_SLOTS: '2' })
  await worker.line('consuming', { count: 2 })
  const ids = await queue.publish(sleep(1_500), sleep(1_500), ...Array(6).fill(sleep(1)))
  await untilReady(6)
  expect(await pause()).toEqual({ paused: true, before: false, consumers: 0 })
  const at = Date.now()
  const ran = await worker.ended(2)
  expect(ran.map(({ outcome }) => outcome)).toEqual(['done', 'done'])
  expect(Math.max(...ran.map(({ startedAt }) => Date.parse(startedAt)))).toBeLessThanOrEqual(at)
  expect(await queue.counts()).toEqual({ ready: 6, consumers: 0 })
  expect(await resume()).toMatchObject({ paused: false, before: true })
  await worker.ended(8)
  await expectDoneOnce(ids, worker)
  const { lines } = await worker.stop()
  expect(lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([])
})

test('what was delivered and not begun goes back, uncounted', async () => {
  const worker = start({ WORKER_PREFETCH: '0' })
  await worker.line('consuming')
  const ids = await queue.publish(sleep(1_500), ...Array(20).fill(sleep(1)))
  await untilReady(0)
  await pause()
  await untilReady(20)
  expect(await worker.ended(1)).toHaveLength(1)
  await resume()
  await worker.ended(21)
  await expectDoneOnce(ids, worker)
})

test('slots that share a thread are paused like others', async () => {
  const worker = start({ WORKER_SLOTS: '20', WORKER_SLOTS_PER_THREAD: '20' })
  await worker.line('consuming', { count: 20 })
  const ids = await queue.publish(...Array(30).fill(sleep(1_000)))
  await untilReady(10)
  expect(await pause()).toMatchObject({ consumers: 0 })
  await worker.ended(20)
  expect(await queue.counts()).toEqual({ ready: 10, consumers: 0 })
  await resume()
  await worker.ended(30)
  await expectDoneOnce(ids, worker)
})

test('a worker that starts during a pause takes nothing, and is ready when it ends', async () => {
  await pause()
  const worker = start()
  await worker.line(paused)
  const ids = await queue.publish(sleep(1))
  expect(await queue.counts()).toEqual({ ready: 1, consumers: 0 })
  await resume()
  await worker.ended(1)
  await expectDoneOnce(ids, worker)
})

test('a worker that is told to end during a pause ends at once, and one with a task when that is done', async () => {
  const worker = start()
  await worker.line('consuming')
  await queue.publish(sleep(1_500), sleep(1))
  await untilReady(1)
  await pause()
  const { tries } = await worker.stop()
  expect(tries.map(({ outcome }) => outcome)).toEqual(['done'])
  const newcomer = start()
  await newcomer.line(paused)
  newcomer.kill('SIGTERM')
  expect(await newcomer.exit()).toBe(0)
  expect(await queue.counts()).toEqual({ ready: 1, consumers: 0 })
})

describe('a worker whose connection is lost', () => {
  /** As an operator or a failing node does: all connections of the queue's worker user. */
  const closeConnections = () =>
    manage(
      { url: broker.managementUrl, ...broker.admin },
      'DELETE',
      `connections/username/${brokerUser(queue.name, 'worker')}`,
    )

  test('comes back paused', async () => {
    const worker = start()
    await worker.line('consuming')
    await pause()
    await worker.line(paused)
    await closeConnections()
    await worker.line('connection lost')
    await queue.publish(sleep(1))
    await resume()
    await worker.ended(1)
    const { lines } = await worker.stop()
    expect(lines.filter(({ msg }) => msg === 'consuming')).toHaveLength(2)
  })

  test('hears on its new connection', async () => {
    const worker = start()
    await worker.line('consuming')
    await closeConnections()
    await worker.line('consuming', { count: 2 })
    expect(await pause()).toMatchObject({ consumers: 0 })
    await worker.line(paused)
  })
})

test('asked again, a pause stays the pause it was, and so does its end', async () => {
  const since = async () => (await figures()).pausedSeconds
  expect(await pause()).toMatchObject({ paused: true, before: false })
  await until(async () => (await since()) >= 2, { within: 60, what: 'two seconds of pause' })
  expect(await pause()).toMatchObject({ paused: true, before: true })
  expect(await since()).toBeGreaterThanOrEqual(2)
  expect(await resume()).toMatchObject({ paused: false, before: true })
  expect(await resume()).toMatchObject({ paused: false, before: false })
  expect(await since()).toBe(0)
})

test('after operators who speak at once, all workers do what the last word is', async () => {
  const workers = [start(), start()]
  for (const worker of workers) await worker.line('consuming')
  const others = await Promise.all([open(broker, queue), open(broker, queue), open(broker, queue)])
  for (let round = 0; round < 5; round += 1) {
    await Promise.all(others.map((other, at) => setPaused(other, queue.name, (at + round) % 2 === 0)))
    const isPaused = (await figures()).pausedSeconds > 0
    const expected = { ready: 0, consumers: isPaused ? 0 : 2 }
    await until(async () => isDeepStrictEqual(await queue.counts(), expected), {
      within: 60,
      what: `both workers ${isPaused ? 'paused' : 'consuming'}`,
    })
    // and stay so
    expect(await queue.counts()).toEqual(expected)
  }
})

/** An operator whose first word is on its way for as long as `meanwhile` takes. */
async function slowOperator(meanwhile: () => Promise<unknown>): Promise<ChannelModel> {
  const slow = await open(broker, queue)
  const createConfirmChannel = slow.createConfirmChannel.bind(slow)
  let isFirst = true
  slow.createConfirmChannel = async () => {
    const channel = await createConfirmChannel()
    const publish = channel.publish.bind(channel)
    const waitForConfirms = channel.waitForConfirms.bind(channel)
    channel.publish = (...word) => {
      channel.waitForConfirms = async () => {
        if (isFirst) await meanwhile()
        isFirst = false
        publish(...word)
        await waitForConfirms()
      }
      return true
    }
    return channel
  }
  return slow
}

test('an operator who was overtaken says what is so', async () => {
  const worker = start()
  await worker.line('consuming')
  const slow = await slowOperator(resume)
  expect(await setPaused(slow, queue.name, true)).toMatchObject({ paused: false })
  await worker.line('consuming', { count: 2 })
  expect(await queue.counts()).toEqual({ ready: 0, consumers: 1 })
})

test('an operator who ends before he has told anybody is finished by the next one', async () => {
  const worker = start()
  await worker.line('consuming')
  const channel = await operator.createChannel()
  await channel.assertExchange(pausedExchange(queue.name), 'direct')
  const newcomer = start()
  await newcomer.line(paused)
  expect(await pause()).toEqual({ paused: true, before: true, consumers: 0 })
  await worker.line(paused)
  // and with what a resume leaves behind that did not come to its end
  await channel.assertExchange(resumedExchange(queue.name), 'direct')
  await resume()
  for (const each of [worker, newcomer]) await each.line(resumed)
  expect(await figures()).toMatchObject({ pausedSeconds: 0, justResumed: true })
})

test('the probe sees a pause and its end in the management API', async () => {
  expect(await figures()).toMatchObject({ pausedSeconds: 0, justResumed: false })
  await pause()
  expect((await figures()).pausedSeconds).toBeGreaterThanOrEqual(1)
  await resume()
  expect(await figures()).toMatchObject({ pausedSeconds: 0, justResumed: true })
})

/** A queue has none in its first seconds. */
function figures() {
  const { BROKER_USERNAME: username, BROKER_PASSWORD: password } = queue.environment('probe')
  const read = () => readQueue({ url: broker.managementUrl, username, password }, broker.vhost, queue.name)
  return until(read, { within: 60, what: 'figures of the queue' })
}

test('slots that do not heed it are counted', async () => {
  const { BROKER_USERNAME, BROKER_PASSWORD } = queue.environment('worker')
  const old = await openAs(broker, BROKER_USERNAME, BROKER_PASSWORD)
  stack.defer(() => old.close())
  await (await old.createChannel()).consume(queue.name, () => undefined)
  expect(await pause()).toEqual({ paused: true, before: false, consumers: 1 })
})

test('a restarted broker has kept the pause, and its end', { timeout: 180_000 }, async () => {
  const node = await startNode()
  stack.defer(() => node.stop())
  const own = stack.use(await createQueue(node))
  const worker = start({}, own)
  await worker.line('consuming')
  await setPaused(await open(node, own), own.name, true)
  const restart = async (lost: number) => {
    await node.kill()
    await worker.line('connection lost', { count: lost })
    await node.start()
  }
  await restart(1)
  const back = await until(() => open(node, own), { within: 60, what: 'the broker' })
  const [id = ''] = await own.publish(sleep(1))
  expect(await own.counts()).toEqual({ ready: 1, consumers: 0 })
  await setPaused(back, own.name, false)
  await worker.ended(1, { within: 60 })
  await expectDoneOnce([id], worker)
  await restart(2)
  await worker.line('consuming', { count: 3, within: 60 })
})
