import type { GetMessage } from 'amqplib'
import { expect, it } from 'vitest'
import { describeLetter, redriveProperties } from '../../services/operator/letter.ts'

const letter = (properties: object, body = '{}') =>
  describeLetter(
    {
      content: Buffer.from(body, 'latin1'),
      properties: { messageId: 'a', type: 'sleep', headers: {}, ...properties },
    } as unknown as GetMessage,
    0,
  )

it.each([
  ['no id', { messageId: undefined }, /message-id/],
  ['no type', { type: undefined }, /property type is missing/],
  ['a version that is none', { headers: { 'warren-version': 'one' } }, /warren-version/],
  ['a newer version', { headers: { 'warren-version': 99 } }, /envelope version 99/],
])('a letter with %s says that nobody can read it, and why', (_, properties, reason) => {
  expect(letter(properties).unreadable).toMatch(reason)
})

it('a body that is no JSON in UTF-8 is a reason too', () => {
  expect(letter({}, '{"ms":').unreadable).toMatch(/not JSON/)
  expect(letter({}, '"\u00ff"').unreadable).toMatch(/not JSON in UTF-8/)
})

it('a letter that can be read has none', () => {
  expect(letter({}).unreadable).toBeNull()
})

it('a redriven letter keeps its headers, but neither the broker’s nor how often it was put off', () => {
  const headers = { mine: 1, 'x-delivery-count': 3, 'warren-later': 20, 'warren-sent': 7 }
  const message = { properties: { messageId: 'a', headers } } as unknown as GetMessage
  expect(redriveProperties(message, letter({}), 0).headers).toEqual({
    ...{ mine: 1, 'warren-sent': 7 },
    'warren-history': [expect.objectContaining({ reason: '' })],
  })
})
