import { setTimeout as delay } from 'node:timers/promises'
import { type ConsumeMessage, connect } from 'amqplib'

/**
 * The shortest program that does what a worker does: URL, QUEUE, SLOTS, FACTOR, PREFETCH (per slot, default 1) by
 * environment. A channel per slot; the task is done in the callback and then acknowledged.
 */
const { URL: url = '', QUEUE: queue = '', SLOTS, FACTOR, PREFETCH = '1' } = process.env
const factor = Number(FACTOR)
const never = new Int32Array(new SharedArrayBuffer(4))
const msOf = ({ content }: ConsumeMessage): number => JSON.parse(content.toString()).ms

const connection = await connect(url, { noDelay: true })
for (let slot = 0; slot < Number(SLOTS); slot += 1) {
  const channel = await connection.createChannel()
  await channel.prefetch(Number(PREFETCH))
  let last: Promise<void> = Promise.resolve()
  await channel.consume(queue, (message) => {
    if (message === null) return
    const { type } = message.properties
    if (type === 'sleep') {
      last = last.then(() => sleep(message)).then(() => channel.ack(message))
      return
    }
    if (type === 'hold') Atomics.wait(never, 0, 0, msOf(message))
    channel.ack(message)
  })
}

async function sleep(message: ConsumeMessage): Promise<void> {
  const startedAt = new Date()
  await delay(msOf(message) * factor)
  const durationMs = Date.now() - startedAt.getTime()
  console.log(JSON.stringify({ msg: 'task', id: message.properties.messageId, startedAt, durationMs }))
}
