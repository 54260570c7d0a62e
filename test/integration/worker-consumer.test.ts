import { expect, inject, it } from 'vitest'
import { brokerAccess, openConnection } from '../../services/amqp/connection.ts'
import { createLogger } from '../../services/telemetry/logger.ts'
import { Consumer } from '../../services/worker/consumer.ts'
import { SharedChannel } from '../../services/worker/shared-channel.ts'
import { createQueue } from '../support/queue.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

// amqplib leaves the promise of a channel's close open there: a worker that drained never ended
it('a consumer is closed also when the line dies before the broker has said so', async () => {
  await using queue = await createQueue(inject('broker'))
  const { hostname, port } = new URL(inject('broker').amqpUrl)
  await using line = await startTcpProxy({ host: hostname, port: Number(port) })
  const environment = { ...queue.environment('worker'), BROKER_URL: `amqp://127.0.0.1:${line.port}` }
  const access = brokerAccess(environment, createLogger('error'))
  const connection = await openConnection(access, { name: 'test', heartbeatSeconds: 10, timeoutSeconds: 10 })
  const options = { queue: queue.name, tag: 'test', channel: new SharedChannel(false, 1), noAck: false }
  const consumer = await Consumer.open(connection, options, () => undefined)
  await consumer.cancel()
  line.pause('answers')
  const closed = consumer.close()
  line.reset()
  await closed
  expect((await consumer.over).outcome).toBe('connection-lost')
})
