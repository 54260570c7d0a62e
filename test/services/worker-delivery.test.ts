import type { Message } from 'amqplib'
import { describe, expect, it } from 'vitest'
import { backoffMs } from '../../services/worker/backoff.ts'
import { deliveryCount, describeTry } from '../../services/worker/delivery.ts'

const message = (redelivered: boolean, headers: object) =>
  ({ fields: { redelivered }, properties: { headers } }) as unknown as Message

describe('the delivery count', () => {
  it.each([
    [true, { 'x-delivery-count': 3 }, 3],
    [true, {}, 0],
    [true, { 'x-delivery-count': 'many' }, 0],
    [true, { 'x-delivery-count': -1 }, 0],
    [false, { 'x-delivery-count': 7 }, 0],
  ])('of a message with redelivered = %s and %o is %i', (redelivered, headers, count) => {
    expect(deliveryCount(message(redelivered, headers))).toBe(count)
  })
})

describe('the facts of a try', () => {
  const place = { class: 'small', worker: 'a1b2c3d4', slot: 0 }
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

  it('have the wait since it was queued, the trace and the reason', () => {
    const task = { id: '1', type: 'sleep', queuedAt: 1_000, traceparent }
    const times = { startedAt: 1_500, endedAt: 1_570 }
    expect(describeTry(place, task, 2, times, { outcome: 'failed', reason: 'why' })).toMatchObject({
      ...place,
      queuedAt: '1970-01-01T00:00:01.000Z',
      startedAt: '1970-01-01T00:00:01.500Z',
      waitMs: 500,
      durationMs: 70,
      deliveryCount: 2,
      reason: 'why',
      traceId: '0af7651916cd43dd8448eb211c80319c',
    })
  })

  it('leave out what a foreign client did not say', () => {
    const task = { id: '', type: '', queuedAt: 0, traceparent: 'x' }
    const facts = describeTry(place, task, 0, { startedAt: 1, endedAt: 2 }, { outcome: 'done' })
    expect(facts).toMatchObject({ queuedAt: null, waitMs: null })
    const line = JSON.parse(JSON.stringify(facts))
    for (const unsaid of ['traceId', 'reason', 'tenant', 'parent']) expect(line).not.toHaveProperty(unsaid)
  })
})

describe('the wait between attempts to connect', () => {
  it('grows to ten seconds, with half of it left to chance', () => {
    for (const [failures, least, most] of [
      [0, 50, 100],
      [3, 400, 800],
      [50, 5_000, 10_000],
    ] as const) {
      const waits = Array.from({ length: 100 }, () => backoffMs(failures))
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(least)
      expect(Math.max(...waits)).toBeLessThanOrEqual(most)
    }
  })
})
