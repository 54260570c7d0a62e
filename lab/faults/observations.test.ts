import { describe, expect, it } from 'vitest'
import type { Outcome } from '../../services/contract/log.ts'
import { Ledger } from './ledger.ts'
import { type Memory, Observations, weighed } from './observations.ts'
import type { Seat } from './seats.ts'

const worker = { service: { pid: process.pid } } as Seat

function seenOf(
  endings: readonly (readonly [id: string, outcome: Outcome, reason?: string])[],
): Observations {
  const seen = new Observations(new Ledger(), new Set())
  for (const [id, outcome, reason] of endings) {
    const line = { msg: 'task', id, outcome, reason, durationMs: 1, deliveryCount: 0 }
    seen.handlers.onRecord(line as never, worker)
  }
  return seen
}

it('a fault of a handler is noticed by its outcome, or a lost connection came first', async () => {
  const ended = seenOf([
    ['a', 'handed-back'],
    ['b', 'timed-out'],
  ])
  expect(await ended.noticed(['a', 'b'], 'timed-out', 0)).toBe(true)
  const cutOff = seenOf([['a', 'connection-lost', 'the connection was lost']])
  expect(await cutOff.noticed(['a', 'b'], 'timed-out', 0)).toBe(true)
})

it('a fault of a handler is not noticed where stopped workers have handed all of its tasks back', async () => {
  const saved = seenOf([
    ['a', 'handed-back'],
    ['b', 'handed-back'],
  ])
  expect(await saved.noticed(['a', 'b'], 'timed-out', 0)).toBe(false)
  const drained = seenOf([['a', 'handed-back']])
  expect(await drained.noticed(['a'], 'handed-back', 0)).toBe(true)
})

it('a fault of a handler is not noticed where a neighbour in the same thread took its tasks along first', async () => {
  const taken = seenOf([
    ['a', 'thread-died'],
    ['b', 'handed-back'],
  ])
  expect(await taken.noticed(['a', 'b'], 'consumer-timeout', 0)).toBe(false)
  expect(await taken.noticed(['a', 'b'], 'thread-died', 0)).toBe(true)
})

describe('the memory of a worker', () => {
  const weighings = (...kib: readonly number[]) =>
    kib.reduce((memory: Memory, each, index) => weighed(memory, each, 100 * (index + 1)), {
      ...{ latest: [], first: 0, last: 0 },
    })
  const thousandTasks = Array<number>(10).fill(100)

  it('does not count what is given back within half a minute', () => {
    expect(weighings(...thousandTasks, ...Array(9).fill(170))).toMatchObject({ first: 100, last: 100 })
  })

  it('counts what stays', () => {
    expect(weighings(...thousandTasks, ...Array(10).fill(111))).toMatchObject({ first: 100, last: 111 })
  })

  it('is compared with that after a thousand tasks, not before', () => {
    expect(weighings(50, ...thousandTasks).first).toBe(100)
  })
})
