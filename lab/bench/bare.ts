import type { ChannelModel } from 'amqplib'

/** Opens a connection with amqplib alone, by the variables that Warren's services get. */
export async function openAs(variables: Readonly<Record<string, string | undefined>>): Promise<ChannelModel> {
  // late: what loads this module need not load amqplib
  const { connect } = await import('amqplib')
  const { hostname, port } = new URL(variables['BROKER_URL'] ?? '')
  const connection = await connect(
    {
      hostname,
      port: Number(port),
      vhost: encodeURIComponent(variables['BROKER_VHOST'] ?? '/'),
      username: variables['BROKER_USERNAME'] ?? '',
      password: variables['BROKER_PASSWORD'] ?? '',
    },
    // without it, what is larger than 2 KB waits for a delayed TCP acknowledgement
    { noDelay: true },
  )
  // what waits for it fails with it
  connection.on('error', () => undefined)
  return connection
}
