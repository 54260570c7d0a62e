import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Tenants } from '../../services/contract/tenants.ts'

const start = Date.UTC(2030, 0)
const hour = 3_600_000
/** More than are remembered. */
const many = 20_000

/** The priorities of this many tasks of a tenant, sent at once. */
function sendAtOnce(tenants: Tenants, tenant: string, own: number, count: number, now = start): number[] {
  return Array.from({ length: count }, () => tenants.next(tenant, own, now))
}

/** How many tasks of a burst have each priority, the highest first. */
function levels(own: number, count: number): [priority: number, tasks: number][] {
  const counted = new Map<number, number>()
  for (const priority of sendAtOnce(new Tenants(), 'a', own, count)) {
    counted.set(priority, (counted.get(priority) ?? 0) + 1)
  }
  return [...counted]
}

describe('within a burst', () => {
  test('the first task has its own priority, and none a higher one than the one before it', () => {
    fc.assert(
      fc.property(fc.nat(31), fc.integer({ min: 1, max: 5_000 }), (own, count) => {
        const priorities = sendAtOnce(new Tenants(), 'a', own, count)
        expect(priorities[0]).toBe(own)
        expect(priorities).toEqual(priorities.toSorted((one, other) => other - one))
        expect(priorities.every((each) => Number.isInteger(each) && each >= 0)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  // docs/tenants.md has these figures
  test('the five levels of the default priority begin at task 1, 3, 14, 77 and 431', () => {
    expect(levels(4, 10_000)).toEqual([
      [4, 2],
      [3, 11],
      [2, 63],
      [1, 354],
      [0, 9_570],
    ])
  })

  test('a higher priority has a level for each step down to 0', () => {
    expect(levels(10, 10_000).map(([priority]) => priority)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
  })
})

test('what another tenant sends lowers nothing', () => {
  const tenants = new Tenants()
  sendAtOnce(tenants, 'noisy', 4, 10_000)
  expect(tenants.next('quiet', 4, start)).toBe(4)
})

test('a count halves in ten seconds, and is forgotten in the end', () => {
  const after = (ms: number) => {
    const tenants = new Tenants()
    sendAtOnce(tenants, 'a', 10, 511)
    return tenants.next('a', 10, start + ms)
  }
  expect([0, 10_000, 20_000, hour].map(after)).toEqual([1, 2, 3, 10])
})

test('a clock that is set back changes no count', () => {
  const tenants = new Tenants()
  sendAtOnce(tenants, 'a', 10, 511)
  expect(tenants.next('a', 10, start - hour)).toBe(1)
})

test('of more tenants than are counted, those that sent last are remembered', () => {
  const tenants = new Tenants()
  sendAtOnce(tenants, 'silent', 4, 10_000)
  sendAtOnce(tenants, 'steady', 4, 10_000)
  for (let other = 0; other < many; other += 1) {
    tenants.next(`other-${other}`, 4, start)
    if (other % 1_000 === 0) tenants.next('steady', 4, start)
  }
  expect(tenants.next('steady', 4, start)).toBe(0)
  expect(tenants.next(`other-${many - 1}`, 10, start)).toBe(9)
  expect(tenants.next('silent', 4, start)).toBe(4)
})
