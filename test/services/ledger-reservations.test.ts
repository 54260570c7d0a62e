import { expect, test } from 'vitest'
import { Reservations } from '../../services/ledger/reservations.ts'
import type { LedgerTable } from '../../services/ledger/table.ts'

/** A table whose puts are answered when told to. */
function heldTable() {
  const puts: (() => void)[] = []
  const put = () => new Promise<boolean>((resolve) => puts.push(() => resolve(true)))
  return { puts, table: { put } as unknown as LedgerTable }
}

const wanted = Array.from({ length: 1_000 }, (_, n) => ({ key: `key-${n}`, id: `id-${n}`, seconds: 60 }))

test('a request with a thousand keys asks for a few at a time, and for each once', async () => {
  const { puts, table } = heldTable()
  const reservations = new Reservations(table)
  const { signal } = new AbortController()
  const reserved = Promise.all(wanted.map((each) => reservations.reserve(each, signal)))
  let mostAtOnce = 0
  let answered = 0
  while (answered < wanted.length) {
    await new Promise(setImmediate)
    mostAtOnce = Math.max(mostAtOnce, puts.length)
    answered += puts.length
    for (const answer of puts.splice(0)) answer()
  }
  expect((await reserved).map(({ state }) => state)).toEqual(Array(wanted.length).fill('ours'))
  expect(mostAtOnce).toBeGreaterThan(1)
  expect(mostAtOnce).toBeLessThanOrEqual(50)
})

test('a request that has given up takes no more keys', async () => {
  const { puts, table } = heldTable()
  const reservations = new Reservations(table)
  const late = new AbortController()
  const reserved = Promise.allSettled(wanted.map((each) => reservations.reserve(each, late.signal)))
  await new Promise(setImmediate)
  const asked = puts.length
  late.abort(new Error('late'))
  for (const answer of puts.splice(0)) answer()
  const rejected = (await reserved).filter(({ status }) => status === 'rejected')
  expect(rejected.length).toBe(wanted.length - asked)
  expect(puts).toEqual([])
})
