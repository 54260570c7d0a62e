import { Writable } from 'node:stream'
import type { ChannelModel } from 'amqplib'
import { expect, it } from 'vitest'
import { writeTogether } from '../../services/amqp/writes.ts'

/** What reaches the kernel, a text for each call. */
function createConnection() {
  const calls: string[] = []
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk, _, done) => {
      calls.push(String(chunk))
      done()
    },
    writev: (chunks, done) => {
      calls.push(chunks.map(({ chunk }) => chunk).join(''))
      done()
    },
  })
  writeTogether({ connection: { stream } } as unknown as ChannelModel)
  return { calls, stream }
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

it('what a connection is given in one turn goes out in one call, in order, and before the next turn', async () => {
  const { calls, stream } = createConnection()
  const later = nextTurn().then(() => [...calls])
  for (const part of ['a', 'b', 'c']) stream.write(part)
  expect(await later).toEqual(['abc'])
  stream.write('d')
  await nextTurn()
  expect(calls).toEqual(['abc', 'd'])
})

it('says as before when there is room again', async () => {
  const { stream } = createConnection()
  const drained = new Promise((resolve) => stream.once('drain', resolve))
  expect(stream.write('x'.repeat(stream.writableHighWaterMark))).toBe(false)
  await drained
  expect(stream.write('y')).toBe(true)
})
