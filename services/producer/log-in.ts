import { type ChannelModel, connect } from 'amqplib'
import type { BrokerCredentials, CredentialsReader } from '../contract/credentials.ts'
import type { Logger } from '../contract/log.ts'

/** Where the broker is, and as whom to log in. */
export interface BrokerAccess {
  /** amqps://host:port */
  readonly url: string
  readonly vhost: string
  /** Shown in the management page. */
  readonly connectionName: string
  readonly credentials: CredentialsReader
}

/** Longest wait for the broker while connecting, in milliseconds. */
const connectTimeoutMs = 3_000

/**
 * The broker gives a silent connection up after two to three of these. Never 0: the connections of Lambda functions
 * that were frozen and never thawed would count against its limit for ever.
 */
const heartbeatSeconds = 30

/**
 * Opens a connection, once, or a second time with the secret read again where the broker refused what was kept.
 * @throws Error when the broker cannot be reached within seconds, or refuses: for the password, or because its user
 * has as many connections as it may (amqplib then says `Expected ConnectionOpenOk`).
 */
export async function logIn(access: BrokerAccess, log: Logger): Promise<ChannelModel> {
  const { credentials } = access
  try {
    return await open(access, await credentials.read())
  } catch (error) {
    const refused = error instanceof Error && error.message.includes('ACCESS_REFUSED')
    if (!refused || !credentials.forget()) throw error
    log.info('the broker refused the password: the secret is read again')
    return open(access, await credentials.read())
  }
}

function open(
  { url, vhost, connectionName }: BrokerAccess,
  credentials: BrokerCredentials,
): Promise<ChannelModel> {
  const { protocol, hostname, port } = new URL(url)
  return connect(
    {
      protocol: protocol.slice(0, -1),
      hostname: hostname.replace(/^\[|\]$/g, ''),
      ...(port === '' ? {} : { port: Number(port) }),
      // amqplib unescapes it
      vhost: encodeURIComponent(vhost),
      heartbeat: heartbeatSeconds,
      ...credentials,
    },
    {
      // without it a message over 2 KB waits for a delayed TCP acknowledgement: 44 ms instead of 0.6
      noDelay: true,
      timeout: connectTimeoutMs,
      clientProperties: { connection_name: connectionName },
    },
  )
}
