import {
  type BindingDefinition,
  type Definitions,
  type ExchangeDefinition,
  exchange,
  literally,
  type PolicyDefinition,
  policy,
  type QueueDefinition,
} from './definitions.ts'
import { laterQueue, levels } from './route.ts'

/**
 * The ladder of a work queue, whose tasks wait there for their time: {@link routeTo} has the idea, docs/later.md what
 * else was tried. All tasks of a level wait equally long, so that none waits behind a longer one, though a queue looks
 * at the first of each priority only.
 *
 * The way down stands in arguments, not in a policy: a level keeps its time and its next level for ever. At-least-once
 * keeps what has no way on, because the work queue is full or a rollback has removed bindings, and tries again every
 * three minutes (dead_letter_worker_publisher_confirm_timeout). Were it a policy, the broker would delete what it keeps
 * so as soon as the policy goes: https://github.com/rabbitmq/rabbitmq-server/blob/v4.3.5/deps/rabbit/src/rabbit_fifo_dlx.erl
 * @param maxLength most tasks on one level
 */
export function ladder(
  queue: string,
  vhost: string,
  maxLength: number,
): Pick<Definitions, 'exchanges' | 'queues' | 'bindings' | 'policies'> {
  const all = Array.from({ length: levels }, (_, level) => level)
  return {
    exchanges: all.map((level): ExchangeDefinition => exchange(laterQueue(queue, level), vhost, 'topic')),
    queues: all.map((level) => levelQueue(queue, vhost, level)),
    bindings: all.flatMap((level) => levelBindings(queue, vhost, level)),
    policies: [levelPolicy(queue, vhost, maxLength)],
  }
}

/** What matches the exchanges of these queues and their ladders, and nothing else: for who may publish to them. */
export function publishable(...queues: readonly string[]): string {
  return queues.length === 0 ? '' : `^(${queues.map(literally).join('|')})(\\.later\\.\\d\\d)?$`
}

/** What matches the levels' queues, and no other: not those of the ladder of `my-tasks`. */
export const levelsPattern = (queue: string) => `^${literally(queue)}\\.later\\.\\d\\d$`

function levelQueue(queue: string, vhost: string, level: number): QueueDefinition {
  const next: QueueDefinition['arguments'] =
    level === 0
      ? { 'x-dead-letter-exchange': queue, 'x-dead-letter-routing-key': queue }
      : { 'x-dead-letter-exchange': laterQueue(queue, level - 1) }
  return {
    name: laterQueue(queue, level),
    vhost,
    durable: true,
    auto_delete: false,
    arguments: {
      'x-queue-type': 'quorum',
      'x-message-ttl': 1_000 * 2 ** level,
      ...next,
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
    },
  }
}

/** The digit of this level, counted from the key's end, sends a task into its queue or past it. */
function levelBindings(queue: string, vhost: string, level: number): BindingDefinition[] {
  const source = laterQueue(queue, level)
  const key = (digit: 0 | 1) => `#.${digit}${'.*'.repeat(level)}`
  const wait = { source, vhost, destination: source, destination_type: 'queue', arguments: {} } as const
  const past =
    level === 0
      ? ({ ...wait, destination: queue } as const)
      : ({ ...wait, destination: laterQueue(queue, level - 1), destination_type: 'exchange' } as const)
  return [
    { ...wait, routing_key: key(1) },
    { ...past, routing_key: key(0) },
  ]
}

/** What may change is a policy. Nobody consumes here, but whoever looks with a client must not make a task be dropped. */
function levelPolicy(queue: string, vhost: string, maxLength: number): PolicyDefinition {
  return {
    ...policy(`${queue}.later`, vhost, { 'delivery-limit': -1, 'max-length': maxLength }),
    pattern: levelsPattern(queue),
  }
}
