import { setTimeout as delay } from 'node:timers/promises'
import { type Management, manage, path } from '../amqp/management.ts'
import { cancelledKey, noneCancelled } from '../contract/cancelled.ts'
import type { Definitions } from '../contract/definitions.ts'
import { type Exported, same } from './compare.ts'

/** How often a list is looked for that somebody may hold, and how many milliseconds pass in between. */
const looks = 20
const lookEveryMs = 100

/**
 * A queue for the list of cancelled ids is never without one. It is looked into, since the broker's statistics are some
 * seconds old. In a queue that was there before, a worker or an operator may hold the list for a moment: an empty one
 * beside it could be the only one that the next of them sees, so it is looked for again.
 */
export async function publishFirstList(
  broker: Management,
  { bindings }: Definitions,
  before: Exported,
): Promise<void> {
  for (const { vhost, source, destination } of bindings.filter((each) => each.routing_key === cancelledKey)) {
    const mayBeHeld = before.queues.some((queue) => same('queues', queue, { vhost, name: destination }))
    if (await isThere(broker, path('queues', vhost, destination), mayBeHeld ? looks : 1)) continue
    await manage(broker, 'POST', `${path('exchanges', vhost, source)}/publish`, {
      routing_key: cancelledKey,
      payload: JSON.stringify(noneCancelled),
      payload_encoding: 'string',
      properties: { delivery_mode: 2, content_type: 'application/json' },
    })
  }
}

async function isThere(broker: Management, queue: string, times: number): Promise<boolean> {
  const look = { count: 1, ackmode: 'ack_requeue_true', encoding: 'auto' }
  for (let left = times; ; left -= 1) {
    const found = (await manage(broker, 'POST', `${queue}/get`, look)) as unknown[]
    if (found.length > 0 || left === 1) return found.length > 0
    await delay(lookEveryMs)
  }
}
