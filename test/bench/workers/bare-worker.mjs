/**
 * A worker of amqplib alone: each message is acknowledged as soon as it is there, prefetch 1. JavaScript, so that its
 * start has no types to strip: `node bare-worker.mjs <slots>`, with the worker's environment. Its lines: `consuming` for
 * each slot, `task` for the first task and for every thousandth.
 */
import { connect } from 'amqplib'

const { BROKER_URL = '', BROKER_VHOST = '/', BROKER_USERNAME, BROKER_PASSWORD, QUEUE_NAME = '' } = process.env
const { hostname, port } = new URL(BROKER_URL)
const connection = await connect(
  {
    hostname,
    port: Number(port),
    vhost: encodeURIComponent(BROKER_VHOST),
    username: BROKER_USERNAME,
    password: BROKER_PASSWORD,
  },
  { noDelay: true },
)
const say = (msg) => console.log(JSON.stringify({ msg }))
let done = 0
const consumers = []
for (let slot = 0; slot < Number(process.argv[2]); slot += 1) {
  const channel = await connection.createChannel()
  await channel.prefetch(1)
  const take = (message) => {
    channel.ack(message)
    done += 1
    if (done === 1 || done % 1_000 === 0) say('task')
  }
  const { consumerTag } = await channel.consume(QUEUE_NAME, take)
  consumers.push({ channel, consumerTag })
  say('consuming')
}
process.once('SIGTERM', async () => {
  for (const { channel, consumerTag } of consumers) {
    await channel.cancel(consumerTag)
    await channel.close()
  }
  await connection.close()
})
