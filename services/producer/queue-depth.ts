import type { ChannelModel } from 'amqplib'
import type { KeptConnection } from '../amqp/kept-connection.ts'

/** Of one queue: messages that wait for a worker, and consumers, which are the slots in service. */
export interface QueueDepth {
  readonly ready: number
  readonly consumers: number
}

/** Longest wait for the broker, in milliseconds. */
const answerTimeoutMs = 3_000

/**
 * Asks of one queue after the other, so that it takes one channel, by a passive declare. The producer's user may do
 * that because a queue has the name of the exchange that it may write to.
 * @returns by the queue's name
 * @throws Error when the broker cannot be reached, refuses, takes nothing, or does not answer in time.
 */
export async function queueDepths(
  kept: KeptConnection,
  queues: readonly string[],
): Promise<Readonly<Record<string, QueueDepth>>> {
  const connection = await kept.get()
  // what is sent to it now waits until it is no longer
  if (connection.blocked) throw new Error('the broker is blocked')
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(reject, answerTimeoutMs, new Error(`no answer within ${answerTimeoutMs} ms`))
  try {
    return await Promise.race([declarePassively(connection.model, queues), late])
  } catch (error) {
    kept.drop(connection)
    throw error
  } finally {
    clearTimeout(timer)
  }
}

async function declarePassively(model: ChannelModel, queues: readonly string[]) {
  // a refusal closes the channel, so it must not be one for publishing
  const channel = await model.createChannel()
  // the rejected declare says why
  channel.on('error', () => undefined)
  const depths: Record<string, QueueDepth> = {}
  for (const queue of queues) {
    const { messageCount, consumerCount } = await channel.checkQueue(queue)
    depths[queue] = { ready: messageCount, consumers: consumerCount }
  }
  channel.close().catch(() => undefined)
  return depths
}
