import type { ChannelModel } from 'amqplib'

/**
 * How deep tables and arrays may nest in a header: much deeper than anybody needs, and much less than a decoder's stack
 * can take.
 */
export const maxNesting = 32

/** What amqplib's connection has and its types do not: https://github.com/amqp-node/amqplib/blob/main/lib/connection.js */
interface FrameReader {
  /** What has been read of the socket, and is not yet decoded. */
  readonly rest: Buffer
  recvFrame(): unknown
}

/**
 * Limits headers to {@link maxNesting} levels: what is below arrives as a Buffer. amqplib decodes by recursion, so a
 * message of 24 KB whose headers nest 3,500 deep exhausts the stack. That ends the connection with every task that runs
 * on it, and again at each delivery.
 */
export function boundNesting({ connection }: ChannelModel): void {
  const reader = connection as unknown as FrameReader
  const receive = reader.recvFrame
  reader.recvFrame = function (this: FrameReader) {
    flattenHeaders(this.rest)
    return receive.call(this)
  }
}

// https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf, 2.3.5 and 4.2.6
const contentHeader = 2
const frameHeaderBytes = 7
const flags = { contentType: 0x8000, contentEncoding: 0x4000, headers: 0x2000 }

/** Where the first frame in these bytes is a whole content header: makes byte arrays of what nests too deep in it. */
export function flattenHeaders(bytes: Buffer): void {
  if (bytes.length < frameHeaderBytes || bytes[0] !== contentHeader) return
  const end = frameHeaderBytes + bytes.readUInt32BE(3)
  if (bytes.length < end) return
  // class, weight and the size of the body come first
  let at = frameHeaderBytes + 12
  const present = bytes.readUInt16BE(at)
  at += 2
  if (!(present & flags.headers)) return
  for (const flag of [flags.contentType, flags.contentEncoding]) {
    if (present & flag) at += 1 + bytes.readUInt8(at)
  }
  flattenTable(bytes, at + 4, at + 4 + bytes.readUInt32BE(at))
}

/** Lengths of the values of a fixed length, in bytes; https://www.rabbitmq.com/amqp-0-9-1-errata#section_3 */
const fixedBytes: Readonly<Record<string, number>> = {
  t: 1,
  b: 1,
  B: 1,
  s: 2,
  u: 2,
  I: 4,
  i: 4,
  f: 4,
  l: 8,
  d: 8,
  T: 8,
  D: 5,
  V: 0,
}

/** A table, an array and an array of bytes all are a length and so many bytes, so that the type alone need change. */
function flattenTable(bytes: Buffer, from: number, to: number): void {
  const open = [{ type: 'F', end: to }]
  let at = from
  for (let nest = open.at(-1); nest; nest = open.at(-1)) {
    if (at >= nest.end) {
      open.pop()
      continue
    }
    if (nest.type === 'F') at += 1 + bytes.readUInt8(at)
    const type = String.fromCharCode(bytes.readUInt8(at))
    const fixed = fixedBytes[type]
    at += 1
    if (fixed !== undefined) {
      at += fixed
      continue
    }
    const end = at + 4 + bytes.readUInt32BE(at)
    const nests = type === 'F' || type === 'A'
    if (nests && open.length <= maxNesting) {
      open.push({ type, end })
      at += 4
    } else {
      if (nests) bytes.write('x', at - 1)
      at = end
    }
  }
}
