/**
 * The broker's shape as RabbitMQ definitions (https://www.rabbitmq.com/docs/definitions): exchanges, queues, users,
 * permissions and policies, as plain data. A custom resource applies them on deploy, local runs and tests apply
 * the very same. Whatever may change later is a policy, since a queue's arguments can never change.
 */

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
  /** Most messages in the work queue, those that wait for a retry included; what is over is refused (soft: see the runbook). */
  readonly maxLength: number
  /** Most dead letters; while the queue is full, the broker holds new ones back on their way. */
  readonly deadLettersMaxLength: number
  /** How long a worker may hold one task, in seconds: the longest task timeout + 5 minutes. */
  readonly consumerTimeoutSeconds: number
  /** Most connections of the producer's user: the one cap on its concurrency that holds in every account. */
  readonly producerConnections: number
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
    producerConnections: 40,
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

/** A user as definitions have it, its password left out: that is a secret, added when they are applied. */
export interface UserDefinition {
  readonly name: string
  readonly tags: readonly string[]
  readonly limits: Readonly<Record<string, number>>
}

export interface PermissionDefinition {
  readonly user: string
  readonly vhost: string
  readonly configure: string
  readonly write: string
  readonly read: string
}

export interface QueueDefinition {
  readonly name: string
  readonly vhost: string
  readonly durable: true
  readonly auto_delete: false
  readonly arguments: Readonly<Record<string, string>>
}

export interface ExchangeDefinition {
  readonly name: string
  readonly vhost: string
  readonly type: 'direct'
  readonly durable: true
  readonly auto_delete: false
  readonly internal: false
  readonly arguments: Readonly<Record<string, string>>
}

export interface BindingDefinition {
  readonly source: string
  readonly vhost: string
  readonly destination: string
  readonly destination_type: 'queue'
  readonly routing_key: string
  readonly arguments: Readonly<Record<string, string>>
}

export interface PolicyDefinition {
  readonly name: string
  readonly vhost: string
  readonly pattern: string
  readonly 'apply-to': 'quorum_queues'
  readonly priority: number
  readonly definition: Readonly<Record<string, string | number>>
}

export interface Definitions {
  readonly users: readonly UserDefinition[]
  readonly permissions: readonly PermissionDefinition[]
  readonly exchanges: readonly ExchangeDefinition[]
  readonly queues: readonly QueueDefinition[]
  readonly bindings: readonly BindingDefinition[]
  readonly policies: readonly PolicyDefinition[]
}

/** The definitions for one work queue. */
export function definitions(settings: TopologySettings): Definitions {
  const { queue, vhost } = settings
  const dead = deadLetterQueue(queue)
  return {
    users: [
      user(queue, 'producer', [], { 'max-connections': settings.producerConnections }),
      user(queue, 'worker', []),
      // the tag lets it look into the management API, at the queues of its vhost only
      user(queue, 'probe', ['management']),
      user(queue, 'operator', []),
    ],
    permissions: [
      // a passive declare of the queue is allowed too, because exchange and queue share the name
      permission(settings, 'producer', { write: only(queue) }),
      permission(settings, 'worker', { read: only(queue) }),
      permission(settings, 'probe', {}),
      permission(settings, 'operator', { read: only(dead), write: only(queue) }),
    ],
    exchanges: [exchange(queue, vhost), exchange(dead, vhost)],
    queues: [quorumQueue(queue, vhost), quorumQueue(dead, vhost)],
    bindings: [binding(queue, queue, vhost), binding(dead, queue, vhost)],
    policies: [workPolicy(settings), deadLetterPolicy(settings)],
  }
}

/**
 * Priority 10: on clusters Amazon MQ's own default policies have priority 1, and of all that match a queue only
 * the highest acts. So these repeat what the defaults would set: max-length and overflow.
 */
const policyPriority = 10

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

function policy(name: string, vhost: string, definition: PolicyDefinition['definition']): PolicyDefinition {
  return {
    name,
    vhost,
    pattern: only(name),
    'apply-to': 'quorum_queues',
    priority: policyPriority,
    definition,
  }
}

function user(queue: string, role: UserRole, tags: readonly string[], limits = {}): UserDefinition {
  return { name: brokerUser(queue, role), tags, limits }
}

function permission(
  settings: TopologySettings,
  role: UserRole,
  may: { write?: string; read?: string },
): PermissionDefinition {
  const { queue, vhost } = settings
  return { user: brokerUser(queue, role), vhost, configure: '', write: may.write ?? '', read: may.read ?? '' }
}

function exchange(name: string, vhost: string): ExchangeDefinition {
  return { name, vhost, type: 'direct', durable: true, auto_delete: false, internal: false, arguments: {} }
}

function quorumQueue(name: string, vhost: string): QueueDefinition {
  return { name, vhost, durable: true, auto_delete: false, arguments: { 'x-queue-type': 'quorum' } }
}

function binding(name: string, routingKey: string, vhost: string): BindingDefinition {
  return {
    source: name,
    vhost,
    destination: name,
    destination_type: 'queue',
    routing_key: routingKey,
    arguments: {},
  }
}

/** A pattern that matches this name and no other: `tasks` must match neither `tasks.dead` nor `my-tasks`. */
function only(name: string): string {
  return `^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`
}
