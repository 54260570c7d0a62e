import type { Channel, Message } from 'amqplib'
import type { Outcome } from '../contract/log.ts'

/** How a try ended, and why unless it is done. */
export interface Ending {
  readonly outcome: Outcome
  readonly reason?: string
  /** How many tasks it has sent. */
  readonly sent?: number
  /** It goes on with another payload. */
  readonly goesOn?: true
  /** When it comes back, for `later`. */
  readonly laterSeconds?: number
}

/**
 * Tells the broker how a try ended. Nothing but this and {@link handBackUpTo} answers a delivery.
 *
 * | outcome | to the broker | counts as a failure | comes back |
 * |---|---|---|---|
 * | done | ack, after the confirms of what it has sent | | |
 * | cancelled | ack | | |
 * | later | ack, after the confirm of its copy in the ladder | no | that copy, when it is due |
 * | failed (or not all that it sent is confirmed), timed-out, thread-died | reject, requeue | yes | delayed by policy, until the delivery limit, then dead letter |
 * | permanent-failure, unreadable | reject | yes | as a dead letter, at once |
 * | unknown-type (or newer envelope) | reject, requeue | yes | as failed: a newer worker may know it |
 * | handed-back | nack, requeue | no | at once |
 * | connection-lost (or channel, with all that share it) | nothing | yes, by the broker | as failed |
 * | consumer-timeout | nothing any more | no | at once |
 *
 * From RabbitMQ 4.3 on, basic.reject counts as a failure and basic.nack does not: https://www.rabbitmq.com/docs/4.3/nack
 * @throws IllegalOperationError when the channel that delivered the message is no longer open.
 */
export function answer(channel: Channel, message: Message, outcome: Outcome): void {
  answers[outcome](channel, message)
}

/**
 * Hands back this message and all that the channel delivered before it. As one nack: of hundreds in a row the broker
 * still has some to work off when the channel is closed, and counts those as failed.
 */
export function handBackUpTo(channel: Channel, message: Message): void {
  channel.nack(message, true, true)
}

type Answer = (channel: Channel, message: Message) => void
const ack: Answer = (channel, message) => channel.ack(message)
const retry: Answer = (channel, message) => channel.reject(message, true)
const deadLetter: Answer = (channel, message) => channel.reject(message, false)
const handBack: Answer = (channel, message) => channel.nack(message, false, true)
const nothing: Answer = () => undefined

const answers: Readonly<Record<Outcome, Answer>> = {
  done: ack,
  cancelled: ack,
  later: ack,
  failed: retry,
  'timed-out': retry,
  'thread-died': retry,
  'unknown-type': retry,
  'permanent-failure': deadLetter,
  unreadable: deadLetter,
  'handed-back': handBack,
  'connection-lost': nothing,
  'consumer-timeout': nothing,
}
