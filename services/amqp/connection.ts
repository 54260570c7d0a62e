import { type ChannelModel, connect } from 'amqplib'
import type { Logger } from '../contract/log.ts'
import {
  AccessRefusedError,
  type BrokerCredentials,
  brokerCredentials,
  type CredentialsReader,
  type CredentialsVariables,
} from './credentials.ts'
import { boundNesting } from './nesting.ts'
import { writeTogether } from './writes.ts'

/** Where the broker is, and who asks. */
export interface BrokerAccess {
  /** `amqp://host:port` or `amqps://host:port`; an IPv6 address stands in brackets. */
  readonly url: string
  readonly vhost: string
  readonly credentials: CredentialsReader
}

/** The parsed environment variables that say so. */
export interface BrokerVariables extends CredentialsVariables {
  readonly BROKER_URL: string
  readonly BROKER_VHOST: string
}

/** @throws EnvironmentError where the variables have no broker user: see {@link brokerCredentials}. */
export function brokerAccess(variables: BrokerVariables, log: Logger): BrokerAccess {
  const { BROKER_URL: url, BROKER_VHOST: vhost } = variables
  return { url, vhost, credentials: brokerCredentials(variables, log) }
}

export interface ConnectionOptions {
  /** Shown by the broker in its list of connections. */
  readonly name: string
  /**
   * The broker closes a connection that is silent for two to three of these. Never 0: connections of Lambda functions
   * that stay frozen would then count towards the broker's limit for ever.
   */
  readonly heartbeatSeconds: number
  /** How long each step of connecting may take. */
  readonly timeoutSeconds: number
}

/**
 * Opens a connection. If the broker refuses the password, it reads the secret again and tries once more. We do not use
 * amqplib's own recovery: it restores neither a channel that the broker closed nor a consumer that it cancelled, it
 * cannot tell a wrong password from a broker that is away, and nothing listens to an error during its setup.
 * @throws AccessRefusedError; another Error when the broker cannot be reached in time, or when its user has as many
 * connections as it may (amqplib then says `Expected ConnectionOpenOk`).
 */
export function openConnection(access: BrokerAccess, options: ConnectionOptions): Promise<ChannelModel> {
  return access.credentials.use((credentials) => open(access, options, credentials))
}

async function open(
  { url, vhost }: BrokerAccess,
  { name, heartbeatSeconds, timeoutSeconds }: ConnectionOptions,
  credentials: BrokerCredentials,
): Promise<ChannelModel> {
  const { protocol, hostname, port } = new URL(url)
  try {
    const connection = await connect(
      {
        protocol: protocol.slice(0, -1),
        // sockets take an IPv6 address without its brackets
        hostname: hostname.replace(/^\[|\]$/g, ''),
        ...(port === '' ? {} : { port: Number(port) }),
        // amqplib unescapes it, as if it came from a URL
        vhost: encodeURIComponent(vhost),
        heartbeat: heartbeatSeconds,
        ...credentials,
      },
      {
        // without it a message over 2 KB waits for a delayed TCP acknowledgement: 44 ms instead of 0.6
        noDelay: true,
        timeout: timeoutSeconds * 1_000,
        clientProperties: { connection_name: name },
      },
    )
    // an 'error' without a listener would end the process; 'close' follows and is what counts
    connection.on('error', () => undefined)
    boundNesting(connection)
    writeTogether(connection)
    return connection
  } catch (error) {
    throw explained(error as Error & { code?: string }, url, credentials.username)
  }
}

function explained(cause: Error & { code?: string }, url: string, username: string): Error {
  if (/ACCESS[-_]REFUSED/.test(cause.message)) return new AccessRefusedError(username, cause)
  // a name with several addresses fails with an AggregateError, which has no message
  return new Error(`no connection to the broker at ${url}: ${cause.message || cause.code}`, { cause })
}
