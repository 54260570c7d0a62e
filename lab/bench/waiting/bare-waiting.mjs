// The shortest program whose tasks wait: one channel, as many tasks at a time as PREFETCH says, a timer for each. JavaScript,
// so that its start has no types to strip. URL, QUEUE and SLOTS by environment.
import { connect } from 'amqplib'

const { URL: url = '', QUEUE: queue = '', SLOTS } = process.env
const connection = await connect(url, { noDelay: true })
const channel = await connection.createChannel()
await channel.prefetch(Number(SLOTS))
await channel.consume(queue, (message) => {
  if (message === null) return
  const { ms } = JSON.parse(message.content.toString())
  if (ms === 0) channel.ack(message)
  else setTimeout(() => channel.ack(message), ms)
})
