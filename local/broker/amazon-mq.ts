import { type Management, manage } from '../../services/amqp/management.ts'

/**
 * The limits of Amazon MQ for RabbitMQ 4.x, as lines of rabbitmq.conf: a message that its brokers refuse is refused
 * here too. Source: Amazon MQ developer guide, "RabbitMQ resource hard limits"; RabbitMQ's own default for the
 * message size is 16 MiB.
 */
export const amazonMqLimits = [
  'max_message_size = 524288',
  'consumer_max_per_channel = 10',
  'default_queue_type = quorum',
]

// Amazon MQ gives an mq.m7g.medium broker this max-length; developer guide, "RabbitMQ default policies"
const fullQueue = { 'max-length': 500_000, overflow: 'reject-publish' }

const policies = {
  single: [{ name: 'AWS-DEFAULT-POLICY-SINGLE-INSTANCE', priority: 0, applyTo: 'queues' }],
  cluster: [
    { name: 'AWS-DEFAULT-POLICY-CLUSTER', priority: 0, applyTo: 'queues' },
    { name: 'AWS-DEFAULT-QUORUM-QUEUES-POLICY-CLUSTER-MULTI-AZ', priority: 1, applyTo: 'quorum_queues' },
  ],
} as const

/**
 * Puts Amazon MQ's default policies on the vhost `/`, where it has them. Only the policy of the highest priority acts
 * on a queue: one of ours that forgets to outbid these is found out here and not in AWS.
 */
export async function applyAmazonMqPolicies(access: Management, kind: 'single' | 'cluster'): Promise<void> {
  for (const { name, priority, applyTo } of policies[kind])
    await manage(access, 'PUT', `policies/%2F/${name}`, {
      pattern: '.*',
      priority,
      'apply-to': applyTo,
      definition: fullQueue,
    })
  await manage(access, 'PUT', 'operator-policies/%2F/default_operator_policy_AWS_managed', {
    pattern: '.*',
    priority: 0,
    'apply-to': 'classic_queues',
    definition: { 'queue-version': 2 },
  })
}
