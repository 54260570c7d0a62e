import { expect, test } from 'vitest'
import { reasonOf } from '../../services/worker/thrown.ts'

test('the reason of a failed fetch names what failed', async () => {
  const error = await fetch('http://127.0.0.1:1').catch((caught: unknown) => caught)
  expect(reasonOf(error)).toMatch(/^TypeError: fetch failed \(.+\)$/)
})

test.each([
  [new Error('no luck'), 'Error: no luck'],
  [new Error('no row', { cause: new Error('timeout') }), 'Error: no row (timeout)'],
  [
    new Error('no row', { cause: Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }) }),
    'Error: no row (ECONNREFUSED)',
  ],
  [new Error('no row', { cause: 'a text' }), 'Error: no row'],
  ['a text', "threw 'a text'"],
])('the reason of %s', (error, reason) => {
  expect(reasonOf(error)).toBe(reason)
})
