// A loop as rabbitmq-client documents it: URL, QUEUE, SLOTS and PEERS (the folder with node_modules) by environment.
import { createRequire } from 'node:module'

const { URL: url, QUEUE: queue, SLOTS, PEERS } = process.env
const { Connection } = createRequire(`${PEERS}/`)('rabbitmq-client')
const rabbit = new Connection({ url, noDelay: true })
rabbit.on('error', (error) => console.error(error))
for (let slot = 0; slot < Number(SLOTS); slot += 1) {
  const settings = { queue, queueOptions: { passive: true }, qos: { prefetchCount: 1 }, concurrency: 1 }
  // it acknowledges when the handler has returned
  rabbit.createConsumer(settings, () => undefined).on('error', (error) => console.error(error))
}
