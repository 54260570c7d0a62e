/**
 * The broker's shape as RabbitMQ definitions (https://www.rabbitmq.com/docs/definitions): exchanges, queues, users,
 * permissions and policies, as plain data. A custom resource applies them on deploy, local runs and tests apply
 * the very same. Whatever may change later is a policy, since a queue's arguments can never change.
 */

import { cancelledKey, cancelledPolicy, cancelledQueue, readingCancelled } from './cancelled.ts'
import { controlExchange, listening, pausing } from './control.ts'
import {
  binding,
  type Definitions,
  exchange,
  only,
  type PermissionDefinition,
  type PolicyDefinition,
  policy,
  quorumQueue,
  type UserDefinition,
} from './definitions.ts'
import { ladder, publishable } from './ladder.ts'

/** What varies between environments. */
export interface TopologySettings {
  /** Name of the work queue: `[A-Za-z0-9._-]{1,100}`. Everything else is named after it. */
  readonly queue: string
  readonly vhost: string
  /** Failures that a task may have: one more makes it a dead letter. Every lost connection counts as one. */
  readonly deliveryLimit: number
  /** A failed task comes back after this many seconds × its failures … */
  readonly retryMinSeconds: number
  /** … but after no more than this many. */
  readonly retryMaxSeconds: number
  /**
   * Most messages in the work queue, those that wait for a retry included; what is over is refused (soft: see the
   * runbook). Each level of the ladder takes as many.
   */
  readonly maxLength: number
  /** Most dead letters; while the queue is full, the broker holds new ones back on their way. */
  readonly deadLettersMaxLength: number
  /** How long a worker may hold one task, in seconds: the longest task timeout + 5 minutes. */
  readonly consumerTimeoutSeconds: number
  /** Undefined where tasks come by the producer of another queue. */
  readonly producer: ProducerRights | undefined
  /** Work queues that handlers send tasks to, at once or later: the worker's user may write to these. @default none */
  readonly workerPublishesTo?: readonly string[]
}

/** What the broker user of a producer may do. */
export interface ProducerRights {
  /** Most connections: the one cap on the producer's concurrency that holds in every account. */
  readonly connections: number
  /** The queues beside its own that it publishes to. */
  readonly moreQueues: readonly string[]
}

/**
 * Failures are delayed by 10 s × their number, up to 10 minutes, and ten are allowed: eleven tries over about nine
 * minutes, longer than a rolling deployment. The limit is no lower because each lost connection counts as a failure, and one
 * maintenance day of a three-node cluster can cost a healthy task three. A short delay would let failing tasks take
 * the capacity of fresh ones, since retries go first.
 */
export const retryDefaults = { deliveryLimit: 10, retryMinSeconds: 10, retryMaxSeconds: 600 } as const

/** Settings for a work queue of this name, where nothing else is asked. */
export function defaultTopology(queue: string, vhost = '/'): TopologySettings {
  return {
    queue,
    vhost,
    ...retryDefaults,
    maxLength: 500_000,
    deadLettersMaxLength: 100_000,
    consumerTimeoutSeconds: 60 + 300,
    producer: { connections: 40, moreQueues: [] },
  }
}

/** Where failed tasks end, and the exchange that takes them there. */
export const deadLetterQueue = (queue: string) => `${queue}.dead`

/**
 * The broker's users, by what they are for. `topology` makes a second administrator too, outside these definitions: see
 * {@link secondAdmin}.
 */
export const userRoles = ['producer', 'worker', 'probe', 'operator'] as const
export type UserRole = (typeof userRoles)[number]

/** The name of the broker user for a role. */
export const brokerUser = (queue: string, role: UserRole) => `${queue}-${role}`

/**
 * The name of the second administrator. With a dot, which the first one's name, `<template>-admin`, never has: a queue
 * may be called like the template.
 */
export const secondAdmin = (queue: string) => `${queue}.admin`

/** The definitions for one work queue. */
export function definitions(settings: TopologySettings): Definitions {
  const { queue, vhost, maxLength, producer, workerPublishesTo = [] } = settings
  const dead = deadLetterQueue(queue)
  const later = ladder(queue, vhost, maxLength)
  return {
    users: [
      ...(producer ? [user(queue, 'producer', [], { 'max-connections': producer.connections })] : []),
      user(queue, 'worker', []),
      // the tag lets it look into the management API, at the queues of its vhost only
      user(queue, 'probe', ['management']),
      user(queue, 'operator', []),
    ],
    permissions: [
      // a passive declare of the queue is allowed too, because exchange and queue share the name
      ...(producer
        ? [permission(settings, 'producer', { write: publishable(queue, ...producer.moreQueues) })]
        : []),
      permission(
        settings,
        'worker',
        { read: only(queue), write: publishable(...workerPublishesTo) },
        listening(queue),
        readingCancelled(queue),
      ),
      permission(settings, 'probe', {}),
      permission(
        settings,
        'operator',
        { read: only(dead), write: only(queue) },
        pausing(queue),
        readingCancelled(queue),
      ),
    ],
    exchanges: [
      exchange(queue, vhost),
      exchange(dead, vhost),
      exchange(controlExchange(queue), vhost),
      ...later.exchanges,
    ],
    queues: [
      ...[queue, dead, cancelledQueue(queue)].map((name) => quorumQueue(name, vhost)),
      ...later.queues,
    ],
    bindings: [
      binding(queue, queue, vhost),
      binding(dead, queue, vhost),
      { ...binding(cancelledQueue(queue), cancelledKey, vhost), source: controlExchange(queue) },
      ...later.bindings,
    ],
    policies: [
      workPolicy(settings),
      deadLetterPolicy(settings),
      cancelledPolicy(queue, vhost),
      ...later.policies,
    ],
  }
}

function workPolicy(settings: TopologySettings): PolicyDefinition {
  return policy(settings.queue, settings.vhost, {
    'delivery-limit': settings.deliveryLimit,
    'delayed-retry-type': 'failed',
    'delayed-retry-min': settings.retryMinSeconds * 1_000,
    'delayed-retry-max': settings.retryMaxSeconds * 1_000,
    'dead-letter-exchange': deadLetterQueue(settings.queue),
    'dead-letter-routing-key': settings.queue,
    'dead-letter-strategy': 'at-least-once',
    'max-length': settings.maxLength,
    overflow: 'reject-publish',
    'consumer-timeout': settings.consumerTimeoutSeconds * 1_000,
  })
}

function deadLetterPolicy(settings: TopologySettings): PolicyDefinition {
  return policy(deadLetterQueue(settings.queue), settings.vhost, {
    // the default limit of 20 would *drop* a dead letter that was looked at by 20 operators who lost their connection
    'delivery-limit': -1,
    'max-length': settings.deadLettersMaxLength,
    overflow: 'reject-publish',
  })
}

function user(queue: string, role: UserRole, tags: readonly string[], limits = {}): UserDefinition {
  return { name: brokerUser(queue, role), tags, limits }
}

/** @param may patterns of names, each of which holds; an empty one in an alternative would match every name */
function permission(
  { queue, vhost }: TopologySettings,
  role: UserRole,
  ...may: readonly Partial<Pick<PermissionDefinition, 'configure' | 'write' | 'read'>>[]
): PermissionDefinition {
  const all = (right: 'configure' | 'write' | 'read') => may.flatMap((each) => each[right] || []).join('|')
  return {
    user: brokerUser(queue, role),
    vhost,
    configure: all('configure'),
    write: all('write'),
    read: all('read'),
  }
}
