// As bare-loop.ts, and ends in order on SIGTERM. JavaScript, so that its start has no types to strip. URL, QUEUE and
// SLOTS by environment.
import { connect } from 'amqplib'

const { URL: url = '', QUEUE: queue = '', SLOTS } = process.env
const connection = await connect(url, { noDelay: true })
let ending = false
connection.on('error', (error) => {
  // a broker that closes first resets the connection
  if (ending) return
  console.error(`bare amqplib worker: ${error.message}`)
  process.exit(1)
})
const consumers = []
for (let slot = 0; slot < Number(SLOTS); slot += 1) {
  const channel = await connection.createChannel()
  await channel.prefetch(1)
  const { consumerTag } = await channel.consume(queue, (message) => channel.ack(message))
  consumers.push({ channel, consumerTag })
}
process.once('SIGTERM', async () => {
  ending = true
  for (const { channel, consumerTag } of consumers) {
    await channel.cancel(consumerTag)
    await channel.close()
  }
  await connection.close()
})
