import type { ChannelModel, ConfirmChannel } from 'amqplib'
import { takeCancelled } from '../amqp/cancelled.ts'
import { type CancelledList, cancelledKey, cancelledSeconds, maxCancelled } from '../contract/cancelled.ts'
import { controlExchange } from '../contract/control.ts'
import type { CancelRequest, CancelResult } from './request.ts'
import { withChannel } from './scan.ts'

/**
 * Puts ids on the list of what is cancelled, or takes them off it, and tells the workers. Whoever holds the message with
 * the list writes the next one, and acknowledges the old one when the broker has confirmed the new: so no id is lost
 * between two operators, and one that dies leaves a list in the queue. Safe to do again.
 * @throws Error when the connection or a right is lost: the list is the old one then, or already the new.
 */
export async function cancel(
  connection: ChannelModel,
  queue: string,
  { ids, undo }: Pick<CancelRequest, 'ids' | 'undo'>,
): Promise<CancelResult> {
  return withChannel(connection, async (channel) => {
    const { list, message } = await takeCancelled(channel, queue)
    const { next, gone } = changed(list, ids, undo, Date.now())
    await publish(channel, queue, next)
    if (message) channel.ack(message)
    return { ids, undo, listed: next.tasks.length, gone }
  })
}

/** The list after a change, and how many had to leave it before their time. */
export function changed(
  { version, tasks }: CancelledList,
  ids: readonly string[],
  undo: boolean,
  now: number,
): { readonly next: CancelledList; readonly gone: number } {
  const named = new Set(ids)
  const others = tasks.filter(({ id, until }) => until > now && !named.has(id))
  const until = now + cancelledSeconds * 1_000
  const all = undo ? others : [...others, ...[...named].map((id) => ({ id, until }))]
  return {
    // by the clock too, so that a list that somebody removed is not followed by older ones
    next: { version: Math.max(version + 1, now), tasks: all.slice(-maxCancelled) },
    gone: Math.max(0, all.length - maxCancelled),
  }
}

async function publish(channel: ConfirmChannel, queue: string, list: CancelledList): Promise<void> {
  channel.publish(controlExchange(queue), cancelledKey, Buffer.from(JSON.stringify(list)), {
    persistent: true,
    contentType: 'application/json',
  })
  await channel.waitForConfirms()
}
