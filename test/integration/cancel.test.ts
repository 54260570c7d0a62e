import type { ChannelModel } from 'amqplib'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { readCancelled } from '../../services/amqp/cancelled.ts'
import { closeInTime } from '../../services/amqp/close.ts'
import { manage, path } from '../../services/amqp/management.ts'
import { cancelledQueue, maxCancelled } from '../../services/contract/cancelled.ts'
import { controlExchange } from '../../services/contract/control.ts'
import type { TaskLogLine } from '../../services/contract/log.ts'
import { definitions } from '../../services/contract/topology.ts'
import { cancel } from '../../services/operator/cancel.ts'
import { list, redrive } from '../../services/operator/redrive.ts'
import { operatorRequest } from '../../services/operator/request.ts'
import type { Exported } from '../../services/topology/compare.ts'
import { publishFirstList } from '../../services/topology/first-list.ts'
import { quarantineFrom } from '../../services/worker/quarantine-host.ts'
import { misbehavingTasks } from '../support/misbehaving-tasks.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { openAs } from '../support/topology.ts'
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
  operator = await open()
})
afterEach(() => stack.disposeAsync())

async function open(role: 'operator' | 'worker' = 'operator'): Promise<ChannelModel> {
  const { BROKER_USERNAME, BROKER_PASSWORD } = queue.environment(role)
  const connection = await openAs(broker, BROKER_USERNAME, BROKER_PASSWORD)
  stack.defer(() => closeInTime(connection))
  return connection
}

const start = (variables: Readonly<Record<string, string>> = {}): WorkerProcess =>
  stack.use(startWorker(bundles(), { ...queue.environment('worker'), ...variables }))
const drop = (...ids: string[]) => cancel(operator, queue.name, { ids, undo: false })
const undo = (...ids: string[]) => cancel(operator, queue.name, { ids, undo: true })
const sleep = (ms: number, id?: string) => ({
  type: 'sleep',
  payload: { ms },
  ...(id === undefined ? {} : { id }),
})
const outcomes = (tries: readonly TaskLogLine[]) => tries.map(({ id, outcome }) => [id, outcome])

/** What is on the list, once there is but one that nobody holds. */
const listed = () => until(readLists, { within: 60, what: 'one list' })

async function readLists(): Promise<readonly string[]> {
  const channel = await operator.createChannel()
  const found: Buffer[] = []
  for (let next = await channel.get(cancelledQueue(queue.name)); next; ) {
    found.push(next.content)
    next = await channel.get(cancelledQueue(queue.name))
  }
  if (found.length > 0) channel.nackAll(true)
  await channel.close()
  expect(found).toHaveLength(1)
  return readCancelled(found[0] ?? Buffer.of())?.tasks.map(({ id }) => id) ?? []
}

async function untilEmpty(): Promise<void> {
  const { messages } = await until(
    async () => {
      const counts = (await manage(
        { url: broker.managementUrl, ...broker.admin },
        'GET',
        path('queues', broker.vhost, queue.name),
      )) as { messages: number }
      return counts.messages === 0 && counts
    },
    { within: 60, what: 'nothing in the queue' },
  )
  expect(messages).toBe(0)
}

describe('a task that runs', () => {
  test('ends by its signal, and is out of the queue', async () => {
    const worker = start()
    await queue.publish({ id: 'heeds', type: 'heed', payload: { ending: 'return' } })
    await worker.line('waiting')
    expect(await drop('heeds')).toMatchObject({ ids: ['heeds'], listed: 1, gone: 0 })
    expect((await worker.line('stopping'))['reason']).toBe('cancelled by an operator')
    expect(await worker.ended(1)).toMatchObject([
      { id: 'heeds', outcome: 'cancelled', reason: 'cancelled by an operator', level: 'info' },
    ])
    await untilEmpty()
    await queue.publish(sleep(1, 'next'))
    expect(outcomes(await worker.ended(2)).at(-1)).toEqual(['next', 'done'])
  })

  test('throws because of its signal, or says that it can never succeed: it is cancelled all the same', async () => {
    const worker = start({ WORKER_SLOTS: '2' })
    await queue.publish(
      { id: 'throws', type: 'heed', payload: { ending: 'throw' } },
      { id: 'gives-up', type: 'heed', payload: { ending: 'permanent' } },
    )
    await worker.line('waiting', { count: 2 })
    await drop('throws', 'gives-up')
    expect(outcomes(await worker.ended(2)).toSorted()).toEqual([
      ['gives-up', 'cancelled'],
      ['throws', 'cancelled'],
    ])
    await untilEmpty()
    expect(await queue.counts(queue.dead)).toMatchObject({ ready: 0 })
  })

  test('and ignores its signal loses its thread', async () => {
    const worker = start()
    await queue.publish({ id: 'deaf', type: 'ignore-abort', payload: {} })
    await worker.line('waiting')
    await drop('deaf')
    expect(await worker.ended(1, { within: 60 })).toMatchObject([{ id: 'deaf', outcome: 'cancelled' }])
    await untilEmpty()
    await queue.publish(sleep(1, 'next'))
    await worker.ended(2)
  })

  test('in a shared thread leaves its neighbours alone', async () => {
    const worker = start({ WORKER_SLOTS: '10', WORKER_SLOTS_PER_THREAD: '10' })
    await queue.publish(
      { id: 'heeds', type: 'heed', payload: {} },
      ...Array.from({ length: 9 }, () => sleep(1_500)),
    )
    await until(async () => (await queue.counts()).ready === 0, { within: 60, what: 'all taken' })
    await worker.line('waiting')
    await drop('heeds')
    const tries = await worker.ended(10)
    expect(tries[0]).toMatchObject({ id: 'heeds', outcome: 'cancelled' })
    expect(tries.slice(1).map(({ outcome, deliveryCount }) => [outcome, deliveryCount])).toEqual(
      Array(9).fill(['done', 0]),
    )
  })

  test('in quarantine ends too', async () => {
    queue = stack.use(
      await createQueue(broker, { deliveryLimit: 9, retryMinSeconds: 0.05, retryMaxSeconds: 0.05 }),
    )
    operator = await open()
    await queue.publish({ id: 'suspect', type: 'heed', payload: {} })
    const channel = await (await open('worker')).createChannel()
    const take = () => until(() => channel.get(queue.name), { within: 60, what: 'the task' })
    for (let failure = 0; failure < quarantineFrom; failure += 1) channel.reject(await take(), true)
    const worker = start({ WORKER_SLOTS: '2' })
    await worker.line('waiting')
    await drop('suspect')
    expect(await worker.ended(1)).toMatchObject([{ outcome: 'cancelled', deliveryCount: quarantineFrom }])
    await untilEmpty()
  })
})

test('a task that waits is dropped when it is taken, and its handler never runs', async () => {
  await drop('waits')
  await queue.publish({ id: 'waits', type: 'heed', payload: {} }, sleep(1, 'other'))
  const worker = start()
  expect(outcomes(await worker.ended(2))).toEqual([
    ['waits', 'cancelled'],
    ['other', 'done'],
  ])
  expect((await worker.stop()).lines.some(({ msg }) => msg === 'waiting')).toBe(false)
  await untilEmpty()
})

test('one that waits behind a running one is dropped by a worker that only heard of it', async () => {
  const worker = start()
  await worker.line('consuming')
  await queue.publish(sleep(1_000, 'first'), sleep(1, 'second'), sleep(1, 'third'))
  await until(async () => (await queue.counts()).ready === 2, { within: 60, what: 'one taken' })
  await drop('second')
  expect(outcomes(await worker.ended(3))).toEqual([
    ['first', 'done'],
    ['second', 'cancelled'],
    ['third', 'done'],
  ])
})

test('one that waits for its retry is dropped when it comes back', async () => {
  const worker = start()
  await queue.publish({ id: 'fails', type: 'fail', payload: {} })
  await worker.ended(1)
  await drop('fails')
  expect((await worker.ended(2)).at(-1)).toMatchObject({ outcome: 'cancelled', deliveryCount: 1 })
  await untilEmpty()
  expect(await queue.counts(queue.dead)).toMatchObject({ ready: 0 })
})

test('one that no worker knows, or that was sent by a newer version, can be cancelled', async () => {
  const worker = start()
  await drop('strange', 'newer')
  await queue.publishRaw(Buffer.from('{}'), { type: 'strange', messageId: 'strange' })
  await queue.publishRaw(Buffer.from('{}'), {
    type: 'sleep',
    messageId: 'newer',
    headers: { 'warren-version': 99 },
  })
  expect(outcomes(await worker.ended(2))).toEqual([
    ['strange', 'cancelled'],
    ['newer', 'cancelled'],
  ])
})

test('an unknown id changes nothing, and is dropped should it come; after undo it is done', async () => {
  const worker = start()
  await worker.line('consuming')
  await drop('unknown')
  await queue.publish(sleep(1, 'other'), sleep(1, 'unknown'))
  await worker.ended(2)
  expect(await undo('unknown')).toMatchObject({ listed: 0 })
  await queue.publish(sleep(1, 'unknown'))
  expect(outcomes(await worker.ended(3))).toEqual([
    ['other', 'done'],
    ['unknown', 'cancelled'],
    ['unknown', 'done'],
  ])
})

test('a dead letter is not touched, and dropped when it is redriven before its id is off the list', async () => {
  const worker = start()
  await queue.publish({ id: 'dead', type: 'permanent', payload: {} })
  await worker.ended(1)
  await until(async () => (await queue.counts(queue.dead)).ready === 1, { within: 60, what: 'a dead letter' })
  await drop('dead')
  const request = operatorRequest.parse({ action: 'list' })
  if (request.action !== 'list') throw new Error('a list expected')
  expect((await list(operator, queue.name, request)).deadLetters).toBe(1)
  const all = operatorRequest.parse({ action: 'redrive', dryRun: false })
  if (all.action !== 'redrive') throw new Error('a redrive expected')
  await redrive(operator, queue.name, all)
  expect(outcomes(await worker.ended(2)).at(-1)).toEqual(['dead', 'cancelled'])
})

describe('the list', () => {
  test('has what all operators cancel, also at the same time and while workers read it', async () => {
    const others = await Promise.all(Array.from({ length: 4 }, () => open()))
    const readers = [start(), start(), start()]
    const ids = Array.from({ length: 40 }, (_, at) => `task-${at}`)
    await Promise.all(
      others.map(async (other, at) => {
        for (const id of ids.filter((_, number) => number % others.length === at))
          await cancel(other, queue.name, { ids: [id], undo: false })
      }),
    )
    expect((await listed()).toSorted()).toEqual(ids.toSorted())
    for (const reader of readers) await reader.line('consuming')
    await queue.publish(...ids.map((id) => sleep(1, id)))
    expect(new Set(outcomes(await endedBy(readers, ids.length)).map(([, outcome]) => outcome))).toEqual(
      new Set(['cancelled']),
    )
  })

  test('is bounded: the oldest leave, and that is said', async () => {
    const many = (from: number, count: number) =>
      Array.from({ length: count }, (_, at) => `task-${from + at}`)
    expect(await drop(...many(0, maxCancelled))).toMatchObject({ listed: maxCancelled, gone: 0 })
    // named again, it is the newest
    expect(await drop('task-0')).toMatchObject({ listed: maxCancelled, gone: 0 })
    expect(await drop(...many(maxCancelled, 2))).toMatchObject({ listed: maxCancelled, gone: 2 })
    const ids = await listed()
    expect(ids.slice(-3)).toEqual(['task-0', `task-${maxCancelled}`, `task-${maxCancelled + 1}`])
    expect(ids[0]).toBe('task-3')
  })

  test('survives an operator who dies with it, before and after the next one is confirmed', async () => {
    await drop('before')
    for (const [at, id] of [
      ['publish', 'never-said'],
      ['ack', 'said'],
    ] as const) {
      await cancel(await dyingAt(at), queue.name, { ids: [id], undo: false }).catch(() => undefined)
      await drop(`after-${at}`)
    }
    const ids = ['before', 'after-publish', 'said', 'after-ack']
    // who reads removes what is old
    const newcomer = start()
    await newcomer.line('consuming')
    expect(await listed()).toEqual(ids)
    await queue.publish(...ids.map((id) => sleep(1, id)))
    expect(new Set(outcomes(await newcomer.ended(ids.length)).map(([, outcome]) => outcome))).toEqual(
      new Set(['cancelled']),
    )
  })

  test('is waited for by a worker that starts while somebody holds it', async () => {
    await drop('held')
    const channel = await operator.createChannel()
    const held = await channel.get(cancelledQueue(queue.name))
    if (!held) throw new Error('the list expected')
    const worker = start()
    await queue.publish(sleep(1, 'held'))
    await worker.line('starting')
    await until(async () => (await listeners()) === 1, { within: 60, what: 'the worker to listen' })
    expect(await queue.counts()).toEqual({ ready: 1, consumers: 0 })
    channel.nack(held)
    expect(outcomes(await worker.ended(1))).toEqual([['held', 'cancelled']])
  })

  test('is not made anew by a deployment', async () => {
    await drop('before')
    await queue.apply()
    expect(await listed()).toEqual(['before'])
  })

  test('is not made anew by a deployment while somebody holds it', async () => {
    await drop('held')
    const channel = await operator.createChannel()
    const held = await channel.get(cancelledQueue(queue.name))
    if (!held) throw new Error('the list expected')
    const access = { url: broker.managementUrl, ...broker.admin }
    const before = (await manage(access, 'GET', 'definitions')) as Exported
    const applied = publishFirstList(access, definitions(queue.settings), before)
    // it has looked by then, and would have published
    for (let answers = 0; answers < 5; answers += 1) await manage(access, 'GET', 'definitions')
    channel.nack(held)
    await applied
    expect(await listed()).toEqual(['held'])
  })
})

/** An operator whose connection breaks before it does this. */
async function dyingAt(step: 'publish' | 'ack'): Promise<ChannelModel> {
  const connection = await open()
  const createConfirmChannel = connection.createConfirmChannel.bind(connection)
  connection.createConfirmChannel = async () => {
    const channel = await createConfirmChannel()
    const publish = channel.publish.bind(channel)
    channel[step] = (...message: unknown[]) => {
      // it waits for a confirm that never comes: what is written goes out in a later turn
      if (step === 'publish')
        publish(...(message as Parameters<typeof publish>))
        // amqplib has the socket, its types do not
      ;(connection.connection as unknown as { stream: { destroy(error: Error): void } }).stream.destroy(
        new Error('cut'),
      )
      return true
    }
    return channel
  }
  return connection
}

async function listeners(): Promise<number> {
  const bindings = (await manage(
    { url: broker.managementUrl, ...broker.admin },
    'GET',
    `${path('exchanges', broker.vhost, controlExchange(queue.name))}/bindings/source`,
  )) as { destination: string; routing_key: string }[]
  return bindings.filter(
    ({ destination, routing_key }) => destination.startsWith('amq.gen') && routing_key === 'cancelled',
  ).length
}
