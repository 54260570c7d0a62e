// amqplib alone, and Warren's producer: `node amqp.mjs work`, `send <count>` or `produce <count> <bundle>`. URL and QUEUE, or
// for `produce` the producer's own variables, by environment.
import { connect } from 'amqplib'
import { createTelling, sendSlowly } from './told.mjs'

const { URL: url = '', QUEUE: queue = '' } = process.env
const [mode, count, bundle] = process.argv.slice(2)
const send = { work: consume, send: publish, produce }
await send[mode]()

async function consume() {
  const { ready, work } = createTelling()
  const channel = await (await connect(url, { noDelay: true })).createChannel()
  await channel.prefetch(1)
  await channel.consume(queue, (message) => {
    void work(JSON.parse(message.content.toString()))
    channel.ack(message)
  })
  ready()
}

async function publish() {
  const connection = await connect(url, { noDelay: true })
  const channel = await connection.createConfirmChannel()
  await sendSlowly(Number(count), async (payload) => {
    channel.publish(queue, queue, Buffer.from(JSON.stringify(payload)), { persistent: true })
    await channel.waitForConfirms()
  })
  await connection.close()
}

async function produce() {
  const { handler } = await import(bundle)
  await sendSlowly(Number(count), async (payload) => {
    const { statusCode, body } = await handler({
      ...{ rawPath: '/tasks', headers: { 'content-type': 'application/json' }, isBase64Encoded: false },
      ...{ requestContext: { http: { method: 'POST' } } },
      body: JSON.stringify({ tasks: [{ type: 'stamp', payload }] }),
    })
    if (statusCode !== 202) throw new Error(`the producer answered ${statusCode}: ${body}`)
  })
  process.exit()
}
