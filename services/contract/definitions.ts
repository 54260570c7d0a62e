/**
 * The parts of RabbitMQ definitions (https://www.rabbitmq.com/docs/definitions) as we use them: what the broker is to
 * have, as plain data. services/contract/topology.ts puts them together.
 */

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
  readonly arguments: Readonly<Record<string, string | number>>
}

export interface ExchangeDefinition {
  readonly name: string
  readonly vhost: string
  readonly type: 'direct' | 'topic'
  readonly durable: true
  readonly auto_delete: false
  readonly internal: false
  readonly arguments: Readonly<Record<string, string>>
}

export interface BindingDefinition {
  readonly source: string
  readonly vhost: string
  readonly destination: string
  readonly destination_type: 'queue' | 'exchange'
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

/**
 * Priority 10: on clusters Amazon MQ's own default policies have priority 1, and of all that match a queue only
 * the highest acts. So these repeat what the defaults would set: max-length and overflow.
 */
const policyPriority = 10

export function policy(
  name: string,
  vhost: string,
  definition: PolicyDefinition['definition'],
): PolicyDefinition {
  return {
    name,
    vhost,
    pattern: only(name),
    'apply-to': 'quorum_queues',
    priority: policyPriority,
    definition,
  }
}

export function exchange(
  name: string,
  vhost: string,
  type: ExchangeDefinition['type'] = 'direct',
): ExchangeDefinition {
  return { name, vhost, type, durable: true, auto_delete: false, internal: false, arguments: {} }
}

export function quorumQueue(name: string, vhost: string): QueueDefinition {
  return { name, vhost, durable: true, auto_delete: false, arguments: { 'x-queue-type': 'quorum' } }
}

export function binding(name: string, routingKey: string, vhost: string): BindingDefinition {
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
export function only(name: string): string {
  return `^${literally(name)}$`
}

/** The name as a part of a pattern, its dots and the like meaning themselves. */
export function literally(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
