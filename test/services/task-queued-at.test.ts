import type { Message } from 'amqplib'
import { expect, it } from 'vitest'
import { decodeTask, encodeTask } from '../../services/contract/task.ts'

const queuedAt = (properties: object, headers: object = {}) =>
  decodeTask({
    content: Buffer.from('{}'),
    properties: { messageId: '1', type: 'sleep', headers, ...properties } as unknown as Message['properties'],
  }).task.queuedAt
const now = Date.UTC(2026, 10, 28)
const seconds = now / 1_000

it('a task that we queued says when, to the millisecond', () => {
  const { properties } = encodeTask({ id: '1', type: 'sleep', payload: {}, queuedAt: now + 123 })
  expect(queuedAt(properties, properties.headers)).toBe(now + 123)
})

it('a foreign client may say it to the second', () => {
  expect(queuedAt({ timestamp: seconds })).toBe(now)
})

it.each([
  ['seconds since the client started', { timestamp: 1 }, {}],
  ['milliseconds, where AMQP has seconds', { timestamp: now }, {}],
  ['a negative time', { timestamp: -seconds }, {}],
  ['no time', { timestamp: Number.NaN }, {}],
  ['seconds, where our header has milliseconds', {}, { 'warren-queued-at': seconds }],
  ['microseconds', {}, { 'warren-queued-at': now * 1_000 }],
  ['a text', { timestamp: 'now' }, { 'warren-queued-at': 'now' }],
])('%s count as not said', (_, properties, headers) => {
  expect(queuedAt(properties, headers)).toBe(0)
})

it('a header that cannot be leaves the word to the timestamp', () => {
  expect(queuedAt({ timestamp: seconds }, { 'warren-queued-at': 1 })).toBe(now)
})
