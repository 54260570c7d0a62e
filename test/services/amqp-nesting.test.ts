import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { flattenHeaders, maxNesting } from '../../services/amqp/nesting.ts'

// what it is for: amqplib's own encoder and decoder, which its package does not export
const require = createRequire(import.meta.url)
const { encodeProperties, decode, BasicProperties } = require(
  join(dirname(require.resolve('amqplib')), 'lib/defs.js'),
)

/** A content header as it stands in a frame, with other bytes after it. */
function frameOf(properties: object): Buffer {
  return Buffer.concat([encodeProperties(BasicProperties, 1, 10, properties), Buffer.from([1, 2, 3])])
}
const decoded = (frame: Buffer) => decode(BasicProperties, frame.subarray(7 + 12, 7 + frame.readUInt32BE(3)))

/** Levels of tables, or of arrays, around a number. */
const nested = (levels: number, wrap: (inner: unknown) => unknown) =>
  Array.from({ length: levels }).reduce((inner) => wrap(inner), 1)
const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null && !Buffer.isBuffer(value)
    ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
    : 0

describe('headers', () => {
  it('that nest no deeper than they may are left as they are, whatever stands in them', () => {
    const value = fc.anything({
      key: fc.string().filter((key) => key !== '!'),
      maxDepth: 6,
      values: [
        fc.string(),
        fc.integer(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        fc.constant(null),
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        fc.nat().map((seconds) => ({ '!': 'timestamp', value: seconds })),
      ],
    })
    const properties = fc.record(
      {
        contentType: fc.string({ maxLength: 60 }),
        contentEncoding: fc.string({ maxLength: 60 }),
        headers: fc.dictionary(fc.string({ maxLength: 60 }), value, { noNullPrototype: true }),
        messageId: fc.string({ maxLength: 60 }),
      },
      { requiredKeys: [], noNullPrototype: true },
    )
    fc.assert(
      fc.property(properties, (given) => {
        const frame = frameOf(given)
        const before = Buffer.from(frame)
        flattenHeaders(frame)
        expect(frame.equals(before)).toBe(true)
      }),
    )
  })

  it.each([
    ['tables', (inner: unknown) => ({ key: inner })],
    ['arrays', (inner: unknown) => [inner]],
  ])('that nest deeper, in %s, keep what is beside and above, and the bytes below', (_, wrap) => {
    for (const levels of [maxNesting - 1, maxNesting, maxNesting + 1, 1_000]) {
      const headers = { before: 'b', deep: nested(levels, wrap), 'x-delivery-count': 7 }
      const frame = frameOf({ contentType: 'application/json', headers, messageId: 'its id' })
      flattenHeaders(frame)
      const found = decoded(frame)
      expect(found).toMatchObject({ messageId: 'its id', headers: { before: 'b', 'x-delivery-count': 7 } })
      expect(depthOf(found.headers.deep)).toBe(Math.min(levels, maxNesting))
      let below = found.headers.deep
      while (depthOf(below) > 0) below = Object.values(below)[0]
      // all is there still
      if (levels <= maxNesting) expect(below).toBe(1)
      else expect(Buffer.isBuffer(below)).toBe(true)
    }
  })

  it('are not looked for in other frames, or before the whole of them is there', () => {
    const whole = frameOf({ headers: { deep: nested(100, (inner) => ({ key: inner })) } })
    const body = Buffer.from(whole)
    body[0] = 3
    for (const bytes of [body, whole.subarray(0, 6), whole.subarray(0, 60), Buffer.alloc(0)]) {
      const before = Buffer.from(bytes)
      flattenHeaders(bytes)
      expect(bytes.equals(before)).toBe(true)
    }
  })
})
