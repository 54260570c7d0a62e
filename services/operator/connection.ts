import type { ChannelModel } from 'amqplib'
import { closeInTime } from '../amqp/close.ts'
import { type BrokerAccess, openConnection } from '../amqp/connection.ts'

/** Runs `work` on a connection of its own. @throws what {@link openConnection} throws, and `work`. */
export async function withConnection<Result>(
  access: BrokerAccess,
  work: (connection: ChannelModel) => Promise<Result>,
): Promise<Result> {
  const connection = await openConnection(access, {
    name: 'operator',
    heartbeatSeconds: 30,
    timeoutSeconds: 10,
  })
  try {
    return await work(connection)
  } finally {
    await closeInTime(connection)
  }
}
