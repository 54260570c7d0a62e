import * as z from 'zod'
import { type Management, manage, path } from '../amqp/management.ts'
import { secondsSince } from '../amqp/since.ts'
import { pausedExchange, resumedExchange } from '../contract/control.ts'
import { levelsPattern } from '../contract/ladder.ts'
import { deadLetterQueue } from '../contract/topology.ts'

/** How a work queue and its dead letters stand. They are the broker's statistics, some seconds old. */
export interface QueueFigures {
  readonly ready: number
  readonly inFlight: number
  readonly delayed: number
  /** On the ladder: sent with a delay, and not yet due. */
  readonly later: number
  readonly consumers: number
  /** `<class>.<worker>.<slot>`, one for each consumer. */
  readonly consumerTags: readonly string[]
  readonly deadLetters: number
  readonly deadLettering: number
  /** Acknowledged tasks per second, over the last minute. */
  readonly ackedPerSecond: number
  /** For how long the queue has been paused; 0 when it is not. */
  readonly pausedSeconds: number
  /** It was resumed a moment ago: not all slots that consume are in the figures. */
  readonly justResumed: boolean
}

/** The broker knows nothing of a queue: it is some seconds old, or has no leader. */
export class NoFiguresError extends Error {
  override readonly name = 'NoFiguresError'
}

/** The broker's statistics are five seconds old at most, and a slot takes a second to consume again. */
const resumingSeconds = 30

const count = z.int().min(0)
const workQueue = z.object({
  messages_ready: count,
  messages_unacknowledged: count,
  messages_delayed: count.default(0),
  messages_dlx: count.default(0),
  consumers: count,
  consumer_details: z.array(z.object({ consumer_tag: z.string() })).default([]),
  message_stats: z.object({ ack_details: z.object({ avg_rate: z.number() }).optional() }).default({}),
})
const deadLetters = z.object({ messages: count })
/** A level that has just been made has no figure yet, and no task. */
const ladder = z.object({ items: z.array(z.object({ messages: count.default(0) })) })
/** Without a page, the broker looks at no name. */
const firstPage = 'page=1&page_size=100'

/**
 * The one place that knows where the figures come from: RabbitMQ has deprecated the collection of metrics for its
 * management API (still on in 4.3), and Prometheus would be the next source.
 * @throws NoFiguresError when the broker has none: zeros would scale busy workers away.
 */
export async function readQueue(broker: Management, vhost: string, queue: string): Promise<QueueFigures> {
  // with steps of more than 5 s a queue that got busy within the last minute has a rate of 0
  const columns = Object.keys(workQueue.shape).join(',')
  const options = `columns=${columns}&msg_rates_age=60&msg_rates_incr=5`
  const dead = deadLetterQueue(queue)
  const pattern = encodeURIComponent(levelsPattern(queue))
  const [work, letters, waiting, paused, resumed] = await Promise.all([
    manage(broker, 'GET', `${path('queues', vhost, queue)}?${options}`),
    manage(broker, 'GET', `${path('queues', vhost, dead)}?columns=messages`),
    manage(
      broker,
      'GET',
      `${path('queues', vhost)}?name=${pattern}&use_regex=true&${firstPage}&columns=messages`,
    ),
    secondsSince(broker, vhost, pausedExchange(queue)),
    secondsSince(broker, vhost, resumedExchange(queue)),
  ])
  const figures = parse(workQueue, queue, work)
  return {
    ready: figures.messages_ready,
    inFlight: figures.messages_unacknowledged,
    delayed: figures.messages_delayed,
    later: parse(ladder, `${queue}.later`, waiting).items.reduce((sum, { messages }) => sum + messages, 0),
    consumers: figures.consumers,
    consumerTags: figures.consumer_details.map(({ consumer_tag }) => consumer_tag),
    deadLetters: parse(deadLetters, dead, letters).messages,
    deadLettering: figures.messages_dlx,
    ackedPerSecond: Math.max(0, figures.message_stats.ack_details?.avg_rate ?? 0),
    pausedSeconds: paused ?? 0,
    justResumed: resumed !== undefined && resumed < resumingSeconds,
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, queue: string, answer: unknown): z.output<Schema> {
  const parsed = schema.safeParse(answer)
  if (parsed.success) return parsed.data
  const fields = [...new Set(parsed.error.issues.map(({ path }) => path.join('.')))].join(', ')
  throw new NoFiguresError(
    `the broker has no figures for queue ${queue} (${fields}): it is new, or without a leader; got ${JSON.stringify(answer)}`,
  )
}
