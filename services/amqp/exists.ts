import type { ChannelModel } from 'amqplib'

/**
 * Whether there is an exchange of this name. On a channel of its own, which the broker closes where there is none.
 * @throws Error when it may not be looked at, or the connection is lost.
 */
export async function exchangeExists(connection: ChannelModel, name: string): Promise<boolean> {
  const channel = await connection.createChannel()
  // an 'error' without a listener would end the process; the call fails with it
  channel.on('error', () => undefined)
  try {
    await channel.checkExchange(name)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 404) return false
    throw error
  }
  await channel.close()
  return true
}
