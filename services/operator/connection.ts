import { setTimeout as delay } from 'node:timers/promises'
import { type ChannelModel, connect } from 'amqplib'
import { boundNesting } from '../amqp/nesting.ts'
import type { BrokerCredentials } from '../contract/credentials.ts'

/** A connection for one invocation. The caller closes it. */
export async function openConnection(
  brokerUrl: string,
  vhost: string,
  { username, password }: BrokerCredentials,
): Promise<ChannelModel> {
  const { protocol, hostname, port } = new URL(brokerUrl)
  const connection = await connect(
    {
      protocol: protocol.slice(0, -1),
      hostname,
      ...(port === '' ? {} : { port: Number(port) }),
      // amqplib unescapes it
      vhost: encodeURIComponent(vhost),
      username,
      password,
      heartbeat: 30,
    },
    // without noDelay each message waits some 40 ms for a delayed TCP acknowledgement
    { noDelay: true, timeout: 10_000, clientProperties: { connection_name: 'operator' } },
  )
  // without a listener it would end the process; what is under way fails anyway
  connection.on('error', () => undefined)
  boundNesting(connection)
  return connection
}

/** Closes a channel or connection; a broker that blocks the connection reads nothing, so that this would never end. */
export async function closeInTime(open: { close(): Promise<void> }): Promise<void> {
  const closed = open.close().catch(() => undefined)
  await Promise.race([closed, delay(2_000, undefined, { ref: false })])
}
