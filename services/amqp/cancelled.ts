import { setTimeout as delay } from 'node:timers/promises'
import type { Channel, GetMessage } from 'amqplib'
import { type CancelledList, cancelledList, cancelledQueue, noneCancelled } from '../contract/cancelled.ts'

/**
 * For how long somebody may hold the list, in milliseconds: the broker notices after three heartbeats of a worker's at
 * most that its holder is gone.
 */
const heldMs = 45_000

/**
 * Takes the list of cancelled ids out of its queue, for as long as it is neither acknowledged nor given back: so whoever
 * has it may write the next one. Waits for others to give it back. Older lists, which an operator has left that died, are
 * removed.
 * @returns no message where it is not there for 45 s, so that somebody has removed it by hand
 * @throws Error when the queue may not be read, or the channel is lost.
 */
export async function takeCancelled(
  channel: Channel,
  queue: string,
): Promise<{ readonly list: CancelledList; readonly message?: GetMessage }> {
  const deadline = Date.now() + heldMs
  // twice as long each time: of hundreds of workers that come back at once, those that ask hold up those that have it
  for (let waitMs = 20; Date.now() < deadline; waitMs = Math.min(2 * waitMs, 400)) {
    const found: { readonly list: CancelledList; readonly message: GetMessage }[] = []
    for (let message = await get(channel, queue); message; message = await get(channel, queue))
      found.push({ list: readCancelled(message.content) ?? noneCancelled, message })
    const [newest, ...older] = found.toSorted((one, other) => other.list.version - one.list.version)
    for (const { message } of older) channel.ack(message)
    if (newest) return newest
    await delay(waitMs * Math.random())
  }
  return { list: noneCancelled }
}

const get = (channel: Channel, queue: string) => channel.get(cancelledQueue(queue))

/** @returns undefined where it is no list. */
export function readCancelled(content: Buffer): CancelledList | undefined {
  try {
    return cancelledList.parse(JSON.parse(content.toString()))
  } catch {
    return undefined
  }
}
