// A loop as amqp-connection-manager documents it: URL, QUEUE, SLOTS and PEERS (the folder with node_modules) by environment.
import { createRequire } from 'node:module'

const { URL: url, QUEUE: queue, SLOTS, PEERS } = process.env
const { connect } = createRequire(`${PEERS}/`)('amqp-connection-manager')
const connection = connect([url], { connectionOptions: { noDelay: true } })
connection.on('connectFailed', ({ err }) => console.error(err))
for (let slot = 0; slot < Number(SLOTS); slot += 1) {
  const channel = connection.createChannel({ setup: (own) => own.checkQueue(queue) })
  await channel.consume(queue, (message) => channel.ack(message), { prefetch: 1 })
}
