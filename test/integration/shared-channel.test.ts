import type { Socket } from 'node:net'
import type { ChannelModel, ConsumeMessage } from 'amqplib'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { Consumer } from '../../services/worker/consumer.ts'
import { SharedChannel } from '../../services/worker/shared-channel.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { openAs } from '../support/topology.ts'
import { until } from '../support/until.ts'

let stack: AsyncDisposableStack
let queue: TestQueue
let connection: ChannelModel
let channel: SharedChannel
/** By the tag of the consumer that got it. */
let got: Map<string, ConsumeMessage[]>

beforeEach(async () => {
  stack = new AsyncDisposableStack()
  await begin({})
})
afterEach(() => stack.disposeAsync())

async function begin(settings: Parameters<typeof createQueue>[1]): Promise<void> {
  queue = stack.use(await createQueue(inject('broker'), settings))
  const { BROKER_USERNAME, BROKER_PASSWORD } = queue.environment('worker')
  connection = await openAs(inject('broker'), BROKER_USERNAME, BROKER_PASSWORD)
  connection.on('error', () => undefined)
  const opened = connection
  stack.defer(async () => opened.close().catch(() => undefined))
  channel = new SharedChannel(true, 1)
  got = new Map()
}

function open(
  tag: string,
  work: (message: ConsumeMessage, from: Consumer) => void = () => undefined,
): Promise<Consumer> {
  const take = (message: ConsumeMessage, from: Consumer) => {
    got.set(tag, [...(got.get(tag) ?? []), message])
    work(message, from)
  }
  return Consumer.open(connection, { queue: queue.name, tag, channel, noAck: false }, take)
}

const task = (id: string) => ({ id, type: 'sleep', payload: { ms: 1 } })
const ids = (tag: string) => (got.get(tag) ?? []).map(({ properties }) => properties.messageId)
const last = (tag: string) => got.get(tag)?.at(-1) as ConsumeMessage
const untilGot = (tag: string, count: number) =>
  until(() => ids(tag).length >= count, { within: 20, what: `message ${count} for ${tag}` })
const failures = ({ properties }: ConsumeMessage) => properties.headers?.['x-delivery-count']

test('each consumer on it has one message at a time, whatever the others have', async () => {
  await open('one')
  await open('other')
  await queue.publish(task('a'), task('b'), task('c'))
  await untilGot('one', 1)
  await untilGot('other', 1)
  expect(await queue.counts()).toEqual({ ready: 1, consumers: 2 })
})

test('a consumer that hands back what it has not begun leaves its neighbour what it has', async () => {
  const one = await open('one')
  await queue.publish(task('a'))
  await untilGot('one', 1)
  const other = await open('other')
  await queue.publish(task('b'))
  await untilGot('other', 1)
  await other.cancel()
  // delivered after its neighbour's
  other.handBack([last('other')])
  await other.close()
  expect(await queue.counts()).toEqual({ ready: 1, consumers: 1 })
  expect(one.answer(last('one'), { outcome: 'done' })).toEqual({ outcome: 'done' })
  await untilGot('one', 2)
  expect(ids('one')).toEqual(['a', 'b'])
  // a nack is no failure
  expect(failures(last('one'))).toBeUndefined()
})

test('who leaves it knows that the broker has dealt with its answer, though a neighbour stays', async () => {
  await open('stays')
  await queue.publish(task('kept'))
  await untilGot('stays', 1)
  const leaves = await open('leaves')
  await queue.publish(task('a'))
  await untilGot('leaves', 1)
  await leaves.cancel()
  leaves.answer(last('leaves'), { outcome: 'handed-back' })
  await leaves.close()
  const { stream } = connection.connection as unknown as { readonly stream: Socket }
  // as a process does that is killed now: what it has said counts
  stream.destroy(new Error('killed'))
  const back = await until(() => queue.take(), { within: 20, what: 'the message that was handed back' })
  expect(back.properties.messageId).toBe('a')
  expect(back.properties.headers?.['x-delivery-count']).toBeUndefined()
})

test('the last to leave closes it, and whoever comes then gets another', async () => {
  const first = await Promise.all(['one', 'other'].map((tag) => open(tag)))
  await queue.publish(task('a'), task('b'))
  await untilGot('one', 1)
  await untilGot('other', 1)
  await Promise.all(first.map((consumer) => consumer.cancel()))
  await Promise.all(first.map((consumer) => consumer.close()))
  // what nobody has answered is free again: its channel is closed
  const next = await open('next')
  await untilGot('next', 1)
  next.answer(last('next'), { outcome: 'done' })
  await untilGot('next', 2)
  expect(ids('next').toSorted()).toEqual(['a', 'b'])
  expect((await Promise.all(first.map(({ over }) => over))).map(({ outcome }) => outcome)).toEqual(
    Array(2).fill('connection-lost'),
  )
})

test('when it is lost, all on it are, each with what it had; and they share a new one', async () => {
  const first = await Promise.all(['one', 'other'].map((tag) => open(tag)))
  await queue.publish(task('a'), task('b'))
  await untilGot('one', 1)
  await untilGot('other', 1)
  // no broker knows such a delivery: it closes the channel
  const unknown = { ...last('one'), fields: { ...last('one').fields, deliveryTag: 99 } }
  first[0]?.answer(unknown, { outcome: 'done' })
  const losses = await Promise.all(first.map(({ over }) => over))
  expect(losses.map(({ outcome }) => outcome)).toEqual(Array(2).fill('connection-lost'))
  expect(losses.map(({ reason }) => reason)).toEqual(
    Array(2).fill(expect.stringContaining('unknown delivery tag 99')),
  )
  expect(first[1]?.answer(last('other'), { outcome: 'done' }).outcome).toBe('connection-lost')
  await Promise.all(first.map((consumer) => consumer.close()))
  await Promise.all(['one', 'other'].map((tag) => open(tag)))
  await untilGot('one', 2)
  await untilGot('other', 2)
  expect([...ids('one').slice(1), ...ids('other').slice(1)].toSorted()).toEqual(['a', 'b'])
  // by the broker, as for a lost connection
  expect([failures(last('one')), failures(last('other'))]).toEqual([1, 1])
})

test('a consumer that the broker has cancelled comes back to it, time and again, and its neighbour notices nothing', async () => {
  await begin({ consumerTimeoutSeconds: 2 })
  const work = (message: ConsumeMessage, from: Consumer) =>
    void setTimeout(() => from.answer(message, { outcome: 'done' }), 100)
  const neighbour = await open('neighbour', work)
  for (let round = 1; round <= 3; round += 1) {
    const slow = await open('slow')
    await queue.publish(...Array.from({ length: 40 }, (_, index) => task(`${round}-${index}`)))
    await untilGot('slow', round)
    expect((await slow.over).outcome).toBe('consumer-timeout')
    expect(slow.answer(last('slow'), { outcome: 'done' }).outcome).toBe('consumer-timeout')
    await slow.close()
    // all that was published, what was taken back too
    await untilGot('neighbour', 40 * round)
  }
  const came = got.get('neighbour') ?? []
  expect(new Set(ids('neighbour')).size).toBe(120)
  expect(came.map(failures).filter((count) => count !== undefined)).toEqual([])
  expect(neighbour.lost).toBeUndefined()
  expect(await queue.counts()).toEqual({ ready: 0, consumers: 1 })
})

test('those on it come back when their queue was deleted and made again', async () => {
  const first = await Promise.all(['one', 'other'].map((tag) => open(tag)))
  await queue.publish(task('a'))
  await until(() => ids('one').length + ids('other').length > 0, { within: 20, what: 'the message' })
  await queue.deleteWork()
  await Promise.all(first.map(({ over }) => over))
  for (const consumer of first) await consumer.close()
  await queue.apply()
  await Promise.all(['one', 'other'].map((tag) => open(tag)))
  expect(await queue.counts()).toEqual({ ready: 0, consumers: 2 })
})
