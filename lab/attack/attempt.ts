import type { ChannelModel, ConfirmChannel } from 'amqplib'
import { userRoles } from '../../services/contract/topology.ts'

/** Whose password was stolen. The worker of the second queue has handlers that send. */
export const thieves = [...userRoles, 'sending worker'] as const
export type Thief = (typeof thieves)[number]

/** What is there to be attacked. */
export interface Prey {
  /** The work queue of the stolen user. */
  readonly queue: string
  /** The work queue of another environment on the same vhost. */
  readonly other: string
  /** The queue of a connected worker, which the broker has named. */
  readonly listener: string
  readonly vhost: string
  readonly user: string
}

/** Something that somebody could try with a stolen password. */
export interface Attempt {
  readonly what: string
  /** Who can do it. Everybody else must be refused. */
  readonly may: readonly Thief[]
  /** Why that is acceptable, where anybody can. */
  readonly why?: string
}

/** On a channel of its own, which a refusal closes. @throws Error with the broker's word where it is refused */
export interface BrokerAttempt extends Attempt {
  go(channel: ConfirmChannel, prey: Prey, connection: ChannelModel): Promise<unknown>
}

/** By the management API. */
export interface ManagementAttempt extends Attempt {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  path(prey: Prey): string
  readonly body?: unknown
}

/** Publishes one message, and waits for the broker's answer. */
export async function publish(
  channel: ConfirmChannel,
  exchange: string,
  key: string,
  options = {},
): Promise<void> {
  channel.publish(exchange, key, Buffer.from('{}'), options)
  await channel.waitForConfirms()
}

/** A queue that the broker names, gone with the connection. */
export async function ownQueue(channel: ConfirmChannel, options = {}): Promise<string> {
  const { queue } = await channel.assertQueue('', { exclusive: true, durable: false, ...options })
  return queue
}
