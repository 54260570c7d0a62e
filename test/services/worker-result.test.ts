import { expect, it } from 'vitest'
import { ledgerLimits } from '../../services/contract/ledger.ts'
import { encodeResult } from '../../services/worker/result.ts'

it.each([
  ['an object', { a: [1, 'é', null], left: undefined }, '{"a":[1,"é",null]}'],
  ['nothing at all', undefined, undefined],
  ['null', null, 'null'],
  ['what says how it is written', new Date(0), '"1970-01-01T00:00:00.000Z"'],
])('keeps %s', (_, value, json) => {
  expect(encodeResult(value)).toBe(json)
})

const circle: { self?: unknown } = {}
circle.self = circle

it.each([
  ['a function', () => 1, /not JSON: a function at the top/],
  ['a function inside', { next: () => 1 }, /a function at "next"/],
  ['a symbol', [Symbol('s')], /a symbol at "0"/],
  ['a BigInt', { n: 5n }, /not JSON: .*BigInt/],
  ['a circle', circle, /not JSON: .*circular/],
  ['what is no number', { rate: Number.NaN }, /NaN at "rate"/],
  ['infinity', Number.POSITIVE_INFINITY, /Infinity at the top/],
])('refuses %s', (_, value, reason) => {
  expect(() => encodeResult(value)).toThrow(reason)
})

it('counts bytes, not characters, and takes the most that is allowed', () => {
  const largest = 'x'.repeat(ledgerLimits.resultBytes - 2)
  expect(encodeResult(largest)).toHaveLength(ledgerLimits.resultBytes)
  expect(() => encodeResult(`${largest.slice(1)}é`)).toThrow(
    `returned ${ledgerLimits.resultBytes + 1} bytes as JSON, ${ledgerLimits.resultBytes} are kept`,
  )
})
