import type { ChannelModel, ConfirmChannel } from 'amqplib'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { closeInTime } from '../../services/amqp/close.ts'
import { countDeadLetters, letters, list, redrive } from '../../services/operator/redrive.ts'
import { type OperatorRequest, operatorRequest, type RedriveResult } from '../../services/operator/request.ts'
import { invokeLambda } from '../support/lambda.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { openAs } from '../support/topology.ts'
import { until } from '../support/until.ts'

const broker = inject('broker')
let stack: AsyncDisposableStack
let queue: TestQueue
let operator: ChannelModel
let worker: ConfirmChannel
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  queue = stack.use(
    await createQueue(broker, { deliveryLimit: 1, retryMinSeconds: 0.05, retryMaxSeconds: 0.05 }),
  )
  operator = await open('operator')
  worker = await (await open('worker')).createConfirmChannel()
})
afterEach(() => stack.disposeAsync())

async function open(role: 'operator' | 'worker'): Promise<ChannelModel> {
  const { BROKER_USERNAME, BROKER_PASSWORD } = queue.environment(role)
  const connection = await openAs(broker, BROKER_USERNAME, BROKER_PASSWORD)
  stack.defer(() => closeInTime(connection))
  return connection
}

const take = () => until(() => worker.get(queue.name), { within: 60, what: 'a task' })

/** Publishes a task and lets it die: given up at once, or after two failures. */
async function bury(id: string, type = 'digest', reason: 'rejected' | 'delivery_limit' = 'rejected') {
  await queue.publish({ id, type, payload: { text: id } })
  if (reason === 'rejected') worker.reject(await take(), false)
  else for (let failure = 0; failure < 2; failure += 1) worker.reject(await take(), true)
  buried += 1
  await until(async () => (await queue.counts(queue.dead)).ready === buried, {
    within: 60,
    what: `${id} is dead`,
  })
}
let buried = 0
beforeEach(() => {
  buried = 0
})

type Redrive = Omit<Extract<OperatorRequest, { action: 'redrive' }>, 'action'>
const run = (options: Redrive = {}, connection = operator): Promise<RedriveResult> => {
  const request = operatorRequest.parse({ action: 'redrive', dryRun: false, ...options })
  if (request.action !== 'redrive') throw new Error('a redrive expected')
  return redrive(connection, queue.name, request)
}
const listed = async (options = {}) => {
  const request = operatorRequest.parse({ action: 'list', ...options })
  if (request.action !== 'list') throw new Error('a list expected')
  return list(operator, queue.name, request)
}
const deadIds = async () => (await listed()).letters.map(({ id }) => id)

/** The ids in the work queue, in order; takes them off. */
async function workIds(count: number): Promise<string[]> {
  const ids: string[] = []
  while (ids.length < count) ids.push((await take()).properties.messageId)
  expect(await worker.get(queue.name)).toBe(false)
  worker.ackAll()
  return ids
}

test('a list shows id, type, reason, count and age, the oldest first, and moves nothing', async () => {
  await bury('one')
  await bury('two', 'sleep', 'delivery_limit')
  const page = await listed()
  expect(page.deadLetters).toBe(2)
  expect(page.letters).toMatchObject([
    { id: 'one', type: 'digest', reason: 'rejected', count: 1, deliveryCount: 1, redriven: 0 },
    { id: 'two', type: 'sleep', reason: 'delivery_limit', count: 1, deliveryCount: 2, redriven: 0 },
  ])
  expect(page.letters[0]?.ageSeconds).toBeGreaterThanOrEqual(0)
  expect((await listed({ skip: 1 })).letters.map(({ id }) => id)).toEqual(['two'])
  expect((await listed({ limit: 1 })).letters.map(({ id }) => id)).toEqual(['one'])
  expect((await listed({ type: 'sleep' })).letters.map(({ id }) => id)).toEqual(['two'])
  expect(await deadIds()).toEqual(['one', 'two'])
  expect(await countDeadLetters(operator, queue.name)).toBe(2)
})

test('a dry run, which is the default, tells how many and moves none', async () => {
  for (const id of ['a', 'b', 'c']) await bury(id)
  expect(operatorRequest.parse({ action: 'redrive' })).toMatchObject({ dryRun: true })
  expect(await run({ dryRun: true, limit: 2 })).toEqual({
    dryRun: true,
    scanned: 2,
    matched: 2,
    moved: 0,
    left: 3,
  })
  expect(await deadIds()).toEqual(['a', 'b', 'c'])
})

test('all are moved in their order', async () => {
  for (const id of ['a', 'b', 'c']) await bury(id)
  expect(await run()).toEqual({ dryRun: false, scanned: 3, matched: 3, moved: 3, left: 0 })
  expect(await workIds(3)).toEqual(['a', 'b', 'c'])
  expect(await deadIds()).toEqual([])
})

test('the first n, one type, one reason or one age are moved, and the rest stays', async () => {
  await bury('a', 'digest')
  await bury('b', 'sleep')
  await bury('c', 'digest', 'delivery_limit')
  await bury('d', 'sleep', 'delivery_limit')
  await bury('e', 'digest')
  expect(await run({ olderThanSeconds: 3600 })).toMatchObject({ scanned: 5, matched: 0, moved: 0, left: 5 })
  expect(await run({ type: 'sleep', reason: 'delivery_limit' })).toMatchObject({ moved: 1, left: 4 })
  expect(await workIds(1)).toEqual(['d'])
  expect(await deadIds()).toEqual(['a', 'b', 'c', 'e'])
  expect(await run({ type: 'digest', limit: 2 })).toMatchObject({ moved: 2, left: 2 })
  expect(await workIds(2)).toEqual(['a', 'c'])
  expect((await deadIds()).toSorted()).toEqual(['b', 'e'])
})

test('id, payload, time and trace stay; the broker’s own headers go, and history has them', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await queue.publishRaw(Buffer.from('{"text":"x"}'), {
    messageId: 'traced',
    type: 'digest',
    contentType: 'application/json',
    timestamp: 1_760_000_000,
    persistent: true,
    headers: { 'warren-version': 1, 'warren-queued-at': 1_760_000_000_123, traceparent, mine: 'stays' },
  })
  for (let failure = 0; failure < 2; failure += 1) worker.reject(await take(), true)
  await until(async () => (await queue.counts(queue.dead)).ready === 1, { within: 60, what: 'a dead letter' })
  await run()
  const { content, properties, fields } = await take()
  expect(content.toString()).toBe('{"text":"x"}')
  expect(properties).toMatchObject({
    messageId: 'traced',
    type: 'digest',
    timestamp: 1_760_000_000,
    deliveryMode: 2,
  })
  // no x-delivery-count: this is a first delivery
  expect(Object.keys(properties.headers ?? {}).toSorted()).toEqual([
    'mine',
    'traceparent',
    'warren-history',
    'warren-queued-at',
    'warren-version',
  ])
  expect(fields.redelivered).toBe(false)
  expect(properties.headers).toMatchObject({
    traceparent,
    'warren-queued-at': 1_760_000_000_123,
    'warren-history': [{ reason: 'delivery_limit', count: 1, deliveryCount: 2 }],
  })
})

test('a task that dies again after a redrive shows both lives', async () => {
  await bury('twice')
  await run()
  worker.reject(await take(), false)
  await until(async () => (await queue.counts(queue.dead)).ready === 1, { within: 60, what: 'dead again' })
  expect((await listed()).letters).toMatchObject([{ id: 'twice', redriven: 1, count: 1 }])
  await run()
  const history = (await take()).properties.headers?.['warren-history']
  expect(history).toMatchObject([{ reason: 'rejected' }, { reason: 'rejected' }])
})

test('a message that no one can read is shown and redriven too', async () => {
  await queue.publishRaw(Buffer.from('not JSON'), {})
  worker.reject(await take(), false)
  await until(async () => (await queue.counts(queue.dead)).ready === 1, { within: 60, what: 'a dead letter' })
  expect((await listed()).letters).toMatchObject([{ id: '', type: '', reason: 'rejected', bytes: 8 }])
  expect(await run()).toMatchObject({ moved: 1 })
})

/** amqplib has the socket, its types do not. */
function cut(connection: ChannelModel): void {
  const { stream } = connection.connection as unknown as { stream: { destroy(error: Error): void } }
  stream.destroy(new Error('cut'))
}

/** A connection that breaks at the acknowledgement of so many letters, just before it. */
async function breakingBeforeAck(letter: number): Promise<ChannelModel> {
  const connection = await open('operator')
  const createConfirmChannel = connection.createConfirmChannel.bind(connection)
  connection.createConfirmChannel = async () => {
    const channel = await createConfirmChannel()
    const ack = channel.ack.bind(channel)
    let acked = 0
    channel.ack = (message) => {
      acked += 1
      if (acked < letter) return ack(message)
      cut(connection)
    }
    return channel
  }
  return connection
}

test('killed between publish and acknowledgement, a redrive loses none and moves one twice', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e']
  for (const id of ids) await bury(id)
  await expect(run({}, await breakingBeforeAck(3))).rejects.toThrow()
  await until(async () => (await queue.counts(queue.dead)).ready === 3, {
    within: 60,
    what: 'the rest is back',
  })
  expect(await run()).toMatchObject({ moved: 3, left: 0 })
  expect(await workIds(6)).toEqual(['a', 'b', 'c', 'c', 'd', 'e'])
})

/** Publishes so many letters as the broker makes them, all at once; gives their ids. */
async function buryMany(count: number): Promise<string[]> {
  const admin = await openAs(broker, broker.admin.username, broker.admin.password)
  stack.defer(() => admin.close())
  const channel = await admin.createConfirmChannel()
  const ids = Array.from({ length: count }, (_, index) => `many-${index}`)
  for (const messageId of ids) {
    channel.publish(queue.dead, queue.name, Buffer.from('{}'), {
      messageId,
      type: 'digest',
      persistent: true,
    })
  }
  await channel.waitForConfirms()
  return ids
}
const brief = async (options = {}, connection = operator) => {
  const request = operatorRequest.parse({ action: 'letters', ...options })
  if (request.action !== 'letters') throw new Error('letters expected')
  return letters(connection, queue.name, request)
}
const idsOf = async () => (await brief()).letters.map(([id]) => id)

test('letters in short are all that there are, over many batches, in the order of their queue', async () => {
  const ids = await buryMany(350)
  const all = await brief()
  expect(all).toMatchObject({ matched: 350, scanned: 350, deadLetters: 350 })
  expect(all.letters.map(([id]) => id)).toEqual(ids)
  expect((await brief({ skip: 340 })).letters.map(([id]) => id)).toEqual(ids.slice(340))
  const some = await brief({ ids: ['many-333', 'many-7', 'nobody'] })
  expect(some.letters.map(([id, type]) => [id, type])).toEqual([
    ['many-7', 'digest'],
    ['many-333', 'digest'],
  ])
  expect(await idsOf()).toEqual(ids)
})

test('only the letters with the ids that were asked for are moved', async () => {
  const ids = await buryMany(250)
  const wanted = ['many-3', 'many-120', 'many-249']
  expect(await run({ ids: [...wanted, 'nobody'] })).toMatchObject({ matched: 3, moved: 3, left: 247 })
  expect(await workIds(3)).toEqual(wanted)
  expect(await idsOf()).toEqual(ids.filter((id) => !wanted.includes(id)))
})

test('a lister that is killed in the middle loses none, however often', async () => {
  const ids = await buryMany(250)
  for (let killed = 0; killed < 3; killed += 1) {
    const connection = await open('operator')
    const createConfirmChannel = connection.createConfirmChannel.bind(connection)
    connection.createConfirmChannel = async () => {
      const channel = await createConfirmChannel()
      const cancel = channel.cancel.bind(channel)
      let batches = 0
      channel.cancel = async (tag) => {
        batches += 1
        // the second hundred is held by then
        if (batches === 2) cut(connection)
        return cancel(tag)
      }
      return channel
    }
    await expect(brief({}, connection)).rejects.toThrow()
    await until(async () => (await queue.counts(queue.dead)).ready === 250, {
      within: 60,
      what: 'all are back',
    })
    expect((await idsOf()).toSorted()).toEqual(ids.toSorted())
  }
})

test('two listers at a time take nothing from each other for good', async () => {
  const ids = await buryMany(250)
  const other = await open('operator')
  const [one, two] = await Promise.all([brief(), brief({}, other)])
  expect(one.scanned + two.scanned).toBeGreaterThanOrEqual(250)
  expect((await idsOf()).toSorted()).toEqual(ids.toSorted())
})

test('a step that runs out of time says how to go on, and going on ends', async () => {
  const ids = ['a', 'b', 'c', 'd']
  for (const id of ids) await bury(id)
  const begun = Date.now()
  const steps: RedriveResult[] = [await run({ seconds: 0.000_001 })]
  const firstEnded = Date.now()
  for (let next = steps[0]?.next; next; next = steps.at(-1)?.next)
    steps.push(await redrive(operator, queue.name, next))
  expect(steps.map(({ moved, left }) => [moved, left])).toEqual([
    [1, 3],
    [1, 2],
    [1, 1],
    [1, 0],
  ])
  expect(await workIds(4)).toEqual(ids)
  // what dies later than the first step began is not for the next ones
  const limits = new Set(steps.flatMap(({ next }) => next?.diedBefore ?? []))
  expect(limits.size).toBe(1)
  for (const limit of limits) expect(begun <= limit && limit <= firstEnded).toBe(true)
})

test('a limited redrive that goes on in a second step moves no more than its limit', async () => {
  const ids = ['a', 'b', 'c', 'd']
  for (const id of ids) await bury(id)
  const first = await run({ limit: 2, seconds: 0.000_001 })
  expect(first).toMatchObject({ moved: 1, next: { limit: 1 } })
  if (!first.next) throw new Error('a next step expected')
  const second = await redrive(operator, queue.name, first.next)
  expect(second).toMatchObject({ moved: 1, left: 2 })
  expect(second).not.toHaveProperty('next')
  expect(await workIds(2)).toEqual(['a', 'b'])
})

test('what dies again after the first step is left alone by the next ones', async () => {
  for (const id of ['first', 'second']) await bury(id)
  // the broker tells deaths by the second
  await until(() => Date.now() % 1_000 < 200, { within: 60, what: 'a second begins' })
  const step = await run({ seconds: 0.000_001 })
  expect(step).toMatchObject({ moved: 1, left: 1 })
  worker.reject(await take(), false)
  await until(async () => (await queue.counts(queue.dead)).ready === 2, { within: 60, what: 'dead again' })
  if (!step.next) throw new Error('a next step expected')
  const rest = await redrive(operator, queue.name, { ...step.next, seconds: 20 })
  expect(rest).toMatchObject({ scanned: 2, moved: 1, left: 1 })
  expect(await deadIds()).toEqual(['first'])
})

test('a work queue that is full stops it, and the letter stays', async () => {
  const small = stack.use(await createQueue(broker, { maxLength: 1 }))
  const { BROKER_USERNAME, BROKER_PASSWORD } = small.environment('operator')
  const connection = await openAs(broker, BROKER_USERNAME, BROKER_PASSWORD)
  stack.defer(() => connection.close())
  const admin = await openAs(broker, broker.admin.username, broker.admin.password)
  stack.defer(() => admin.close())
  const channel = await admin.createConfirmChannel()
  for (let count = 0; count < 5; count += 1) channel.publish(small.dead, small.name, Buffer.from('{}'))
  await channel.waitForConfirms()
  const request = operatorRequest.parse({ action: 'redrive', dryRun: false })
  if (request.action !== 'redrive') throw new Error('a redrive expected')
  const result = await redrive(connection, small.name, request)
  // the limit is soft: how many are let in is the broker's to say
  expect(result).toMatchObject({ stopped: 'queue full', left: 5 - result.moved, next: { action: 'redrive' } })
  expect(result.moved).toBeLessThan(5)
  expect(await countDeadLetters(connection, small.name)).toBe(result.left)
})

test('an exchange that nothing is bound to stops it, and the letter stays', async () => {
  await bury('kept')
  const admin = await openAs(broker, broker.admin.username, broker.admin.password)
  stack.defer(() => admin.close())
  await (await admin.createChannel()).unbindQueue(queue.name, queue.name, queue.name)
  expect(await run()).toMatchObject({ moved: 0, left: 1, stopped: 'unroutable' })
  expect(await deadIds()).toEqual(['kept'])
})

test('the function counts, lists and redrives, and refuses what it does not know', async () => {
  for (const id of ['a', 'b']) await bury(id)
  const variables = queue.environment('operator')
  const invoke = (event: object) => invokeLambda(inject('bundles'), 'operator', variables, event)
  expect((await invoke({ action: 'count' })).result).toEqual({ deadLetters: 2 })
  expect((await invoke({ action: 'list', limit: 1 })).result).toMatchObject({
    deadLetters: 2,
    letters: [{ id: 'a' }],
  })
  expect((await invoke({ action: 'redrive', all: true })).error).toContain('all')
  const done = await invoke({ action: 'redrive', dryRun: false })
  expect(done.result).toEqual({ dryRun: false, scanned: 2, matched: 2, moved: 2, left: 0 })
  expect(done.output).not.toContain(variables.BROKER_PASSWORD)
  expect(await workIds(2)).toEqual(['a', 'b'])
})
