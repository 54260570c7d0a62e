import { type ConfirmChannel, IllegalOperationError, type Message } from 'amqplib'
import { routeTo } from '../contract/route.ts'
import type { BrokerConnection } from './connection.ts'
import type { PreparedTask } from './request.ts'

/** Why a task is not known to be in the queue. */
export type Failure =
  | 'no connection'
  | 'connection lost'
  | 'no confirm in time'
  | 'blocked'
  | 'queue full'
  | 'unroutable'
export type PublishOutcome = 'confirmed' | Failure

/** What it read before it blocked the connection, the broker confirms within milliseconds; the rest not before long. */
const blockedGraceMs = 250

/**
 * Publishes all tasks at once on one channel, and waits until the broker has confirmed or refused each, the channel
 * is lost, or `confirmMs` have passed.
 */
export async function publishAndConfirm(
  connection: BrokerConnection,
  queue: string,
  tasks: readonly PreparedTask[],
  confirmMs: number,
): Promise<Map<string, PublishOutcome>> {
  const outcomes = new Map<string, PublishOutcome>()
  const { promise: ended, resolve: end } = Promise.withResolvers<Ending>()
  const late = setTimeout(end, confirmMs, 'no confirm in time')
  const onBlocked = () => setTimeout(end, blockedGraceMs, 'blocked')
  connection.model.once('blocked', onBlocked)
  try {
    const channel = await Promise.race([connection.takeChannel().catch(() => end('connection lost')), ended])
    if (typeof channel === 'object') {
      await publishOn(channel, queue, tasks, { outcomes, end, ended })
      if ((await ended) === 'answered') connection.giveBack(channel)
      // what is still on its way must not meet the next request
      else channel.close().catch(() => undefined)
    }
    const ending = await ended
    if (ending !== 'answered') for (const { id } of tasks) if (!outcomes.has(id)) outcomes.set(id, ending)
    return outcomes
  } finally {
    clearTimeout(late)
    connection.model.off('blocked', onBlocked)
  }
}

type Ending = 'answered' | Failure

interface Attempt {
  /** By task id; filled as the answers come in. */
  readonly outcomes: Map<string, PublishOutcome>
  end(ending: Ending): void
  readonly ended: Promise<Ending>
}

async function publishOn(
  channel: ConfirmChannel,
  queue: string,
  tasks: readonly PreparedTask[],
  { outcomes, end, ended }: Attempt,
): Promise<void> {
  // the broker returns an unroutable message first and then confirms it
  const returned = new Set<unknown>()
  const onReturn = ({ properties }: Message) => void returned.add(properties.messageId)
  // 404: there is no such exchange
  const onError = (error: Error & { code?: number }) =>
    end(error.code === 404 ? 'unroutable' : 'connection lost')
  const onClose = () => end('connection lost')
  channel.on('return', onReturn).on('error', onError).on('close', onClose)
  const answered = (id: string, error: Error | null) => {
    // the channel was closed before an answer
    if (error !== null && error.message !== 'message nacked') return
    const accepted = returned.has(id) ? 'unroutable' : 'confirmed'
    outcomes.set(id, error === null ? accepted : 'queue full')
    if (outcomes.size === tasks.length) end('answered')
  }
  try {
    for (const { id, delaySeconds, content, properties } of tasks) {
      const { exchange, routingKey } = routeTo(queue, delaySeconds)
      const options = { ...properties, mandatory: true }
      // no waiting for 'drain': what amqplib has to buffer is the one request, which is in memory anyway
      channel.publish(exchange, routingKey, content, options, (error) => answered(id, error))
    }
  } catch (error) {
    if (!(error instanceof IllegalOperationError)) throw error
    end('connection lost')
  }
  await ended
  channel.off('return', onReturn).off('error', onError).off('close', onClose)
}
