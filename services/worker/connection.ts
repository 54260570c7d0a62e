import { type ChannelModel, connect } from 'amqplib'
import { boundNesting } from '../amqp/nesting.ts'
import { writeTogether } from '../amqp/writes.ts'

/** Where the broker is and who asks. */
export interface BrokerAccess {
  readonly BROKER_URL: string
  readonly BROKER_VHOST: string
  readonly BROKER_USERNAME: string
  readonly BROKER_PASSWORD: string
}

/** The broker knows this user with another password, or not at all. Trying again with the same secret is of no use. */
export class AccessRefusedError extends Error {
  override readonly name = 'AccessRefusedError'
}

/**
 * Opens a connection, once. amqplib's own recovery is not used: it revives neither a channel that the broker closed
 * nor a consumer that it cancelled, it cannot tell a wrong password from a broker that is away, and an error during
 * its setup has no listener. So the worker and its slots have loops of their own.
 * @param name shown by the broker in its list of connections.
 * @throws AccessRefusedError; another Error when there is no broker, or no answer within ten seconds.
 */
export async function openConnection(access: BrokerAccess, name: string): Promise<ChannelModel> {
  const url = new URL(access.BROKER_URL)
  const secure = url.protocol === 'amqps:'
  try {
    const connection = await connect(
      {
        protocol: secure ? 'amqps' : 'amqp',
        hostname: url.hostname,
        port: Number(url.port || (secure ? 5671 : 5672)),
        // amqplib unescapes it, as if it came from a URL
        vhost: encodeURIComponent(access.BROKER_VHOST),
        username: access.BROKER_USERNAME,
        password: access.BROKER_PASSWORD,
        heartbeat: 10,
      },
      { noDelay: true, timeout: 10_000, clientProperties: { connection_name: name } },
    )
    // an 'error' without a listener would end the process; 'close' follows and is what counts
    connection.on('error', () => undefined)
    boundNesting(connection)
    writeTogether(connection)
    return connection
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (!message.includes('ACCESS-REFUSED') && !message.includes('ACCESS_REFUSED')) throw error
    throw new AccessRefusedError(message, { cause: error })
  }
}

/**
 * How long to wait after so many failures in a row, in milliseconds: doubled each time from 100 ms to 10 s, and half of
 * it left to chance, so that a hundred workers do not return to a broker in one moment.
 */
export function backoffMs(failures: number): number {
  const longest = Math.min(10_000, 100 * 2 ** failures)
  return Math.round(longest * (0.5 + Math.random() / 2))
}
