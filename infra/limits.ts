/** What AWS allows, where the checks at synth need it. */

/**
 * Connections and channels that one node of a RabbitMQ 4.x broker takes, and queues that all of it do.
 * https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/rabbitmq-resource-limits-configuration.html
 */
export const brokerLimits: Readonly<
  Record<
    string,
    Readonly<
      Record<string, { readonly connections: number; readonly channels: number; readonly queues: number }>
    >
  >
> = {
  'mq.m7g.medium': {
    SINGLE_INSTANCE: { connections: 100, channels: 500, queues: 500 },
    CLUSTER_MULTI_AZ: { connections: 100, channels: 300, queues: 100 },
  },
  'mq.m7g.large': {
    SINGLE_INSTANCE: { connections: 1_500, channels: 4_500, queues: 1_000 },
    CLUSTER_MULTI_AZ: { connections: 500, channels: 1_500, queues: 1_000 },
  },
  'mq.m7g.xlarge': { CLUSTER_MULTI_AZ: { connections: 1_000, channels: 3_000, queues: 2_000 } },
}

/**
 * Memory in GiB at which a node blocks publishers.
 * https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/rmq-broker-instance-types.html
 */
export const brokerMemoryGib: Readonly<Record<string, number>> = {
  'mq.m7g.medium': 1.8,
  'mq.m7g.large': 4.3,
  'mq.m7g.xlarge': 9.3,
}

/** Free disk in GiB below which a node of a cluster blocks publishers, from the same page. */
export const clusterDiskGib = 2

/** Nodes of a broker by its deployment mode. */
export const brokerNodes = { SINGLE_INSTANCE: 1, CLUSTER_MULTI_AZ: 3 } as const

const gib = (from: number, to: number, step = 1) =>
  Array.from({ length: (to - from) / step + 1 }, (_, index) => (from + index * step) * 1024)

/**
 * Memory in MiB that Fargate offers for a task's CPU units.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
 */
export const fargateMemory: Readonly<Record<number, readonly number[]>> = {
  256: [512, 1024, 2048],
  512: gib(1, 4),
  1024: gib(2, 8),
  2048: gib(4, 16),
  4096: gib(8, 30),
  8192: gib(16, 60, 4),
  16384: gib(32, 120, 8),
}

/**
 * Retention that CloudWatch Logs offers, in days.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
 */
export const logDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const

/** Metrics that one alarm may put together: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html */
export const metricsPerAlarm = 10

/** Tasks that a service may have: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html */
export const tasksPerService = 5_000

/** Fargate kills a task this many seconds after SIGTERM, at most: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html */
export const stopTimeoutSeconds = 120

/** ECS protects a task from scale-in and deployments for at most 48 hours at a time. */
export const taskProtectionSeconds = 48 * 3_600

/**
 * A deployment starts new tasks before it stops old ones, so a class with one task never has none. With a minimum of
 * 100, the maximum must be 200: otherwise a class with one task could not be deployed.
 */
export const healthyPercent = { min: 100, max: 200 } as const
