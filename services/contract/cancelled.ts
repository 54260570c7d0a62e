import * as z from 'zod'
import { controlExchange } from './control.ts'
import { only, type PolicyDefinition, policy } from './definitions.ts'

/** Where the list of cancelled ids is: one message. A copy of each list goes to the workers that listen. */
export const cancelledQueue = (queue: string) => `${queue}.cancelled`

/** The routing key with which a new list goes to {@link cancelledQueue} and to the workers. */
export const cancelledKey = 'cancelled'

/** Most ids on the list, which keeps the message far below the broker's limit; over it, the oldest leave. */
export const maxCancelled = 1_000

/** How long an id stays on the list, in seconds: longer than any task waits for its time. */
export const cancelledSeconds = 8 * 86_400

/** The body of that message, as JSON. */
export const cancelledList = z.object({
  /** Each list has a higher one than the list before. */
  version: z.int().min(0),
  /** The oldest first; `until` is in milliseconds since 1970. */
  tasks: z.array(z.object({ id: z.string(), until: z.number() })),
})
export type CancelledList = z.output<typeof cancelledList>

/** The list of a queue in which nothing was ever cancelled. */
export const noneCancelled: CancelledList = { version: 0, tasks: [] }

/**
 * Not the newest alone by a length of 1: the broker would drop the list that was given back first, which may be it.
 * No limit of deliveries, which would drop one that many have looked at.
 */
export function cancelledPolicy(queue: string, vhost: string): PolicyDefinition {
  return policy(cancelledQueue(queue), vhost, {
    'delivery-limit': -1,
    'max-length': 100,
    overflow: 'reject-publish',
  })
}

/** What a worker needs to read the list. */
export const readingCancelled = (queue: string) => ({ read: only(cancelledQueue(queue)) })

/** What an operator needs to write it. */
export const cancelling = (queue: string) => ({
  read: only(cancelledQueue(queue)),
  write: only(controlExchange(queue)),
})
