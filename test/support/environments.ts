import type { Environment } from '../../infra/settings/environment.ts'

/**
 * Environments of the tests' own, so that nobody who changes infra/environments.ts breaks a test: what tests expect of
 * particular values, they expect of these. Together they have what a setting can make different in the templates.
 */

/** One broker node, two classes that always have a task, public addresses; nothing is kept. */
const oneNode: Environment = {
  keepData: false,
  logDays: 7,
  network: { zones: 2, egress: 'public-address' },
  broker: {
    version: '4.3',
    mode: 'SINGLE_INSTANCE',
    instanceType: 'mq.m7g.medium',
    maintenance: { day: 'SUNDAY', time: '03:00' },
  },
  workQueue: {
    queue: 'jobs',
    maxLength: 100_000,
    deadLettersMaxLength: 10_000,
    producer: { connections: 20, ratePerSecond: 50, burst: 10 },
    workers: [
      {
        name: 'small',
        cpu: 256,
        memoryMiB: 512,
        architecture: 'ARM64',
        minTasks: 1,
        maxTasks: 4,
        backlogPerSlot: 3,
        spot: false,
      },
      {
        name: 'large',
        cpu: 1024,
        memoryMiB: 2048,
        architecture: 'ARM64',
        minTasks: 1,
        maxTasks: 2,
        backlogPerSlot: 6,
        spot: false,
      },
    ],
    containerInsights: false,
  },
}

/**
 * Three broker nodes, no way out, a class on Spot that can be at zero, a ledger; all is kept, under a key of one's own,
 * spans go to X-Ray, and where it is deployed is given.
 */
const cluster: Environment = {
  account: '210987654321',
  region: 'eu-west-1',
  keepData: true,
  logDays: 90,
  kmsKey: 'arn:aws:kms:eu-west-1:210987654321:key/01234567-89ab-cdef-0123-456789abcdef',
  tracing: { to: 'xray', share: 0.5 },
  network: { zones: 3, egress: 'none' },
  broker: {
    version: '4.3',
    mode: 'CLUSTER_MULTI_AZ',
    instanceType: 'mq.m7g.large',
    maintenance: { day: 'WEDNESDAY', time: '22:30' },
  },
  workQueue: {
    queue: 'work',
    maxLength: 500_000,
    deadLettersMaxLength: 100_000,
    producer: { connections: 100, reservedConcurrency: 50, ratePerSecond: 500, burst: 200 },
    ledger: { days: 30 },
    workers: [
      {
        name: 'small',
        cpu: 1024,
        memoryMiB: 2048,
        architecture: 'ARM64',
        minTasks: 2,
        maxTasks: 20,
        backlogPerSlot: 2,
        spot: false,
      },
      {
        name: 'large',
        cpu: 4096,
        memoryMiB: 8192,
        architecture: 'ARM64',
        minTasks: 0,
        maxTasks: 10,
        backlogPerSlot: 3,
        wakeUpBacklog: 50,
        spot: true,
      },
    ],
    containerInsights: true,
  },
}

/** Zones by name, NAT, a budget, somebody to write to, spans to a backend of others, and one class alone, for another CPU and with several slots. */
const oneClass: Environment = {
  ...oneNode,
  region: 'us-east-1',
  alarmEmail: 'ops@example.com',
  monthlyBudgetUsd: 300,
  tracing: {
    to: 'otlp',
    endpoint: 'https://otlp.example.com/v1/traces',
    headersSecret: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:tracing-AbCdEf',
  },
  network: { zones: ['us-east-1b', 'us-east-1d'], egress: 'nat' },
  workQueue: {
    ...oneNode.workQueue,
    queue: 'nightly.jobs',
    workers: [
      {
        name: 'only',
        cpu: 2048,
        memoryMiB: 4096,
        slots: 2,
        architecture: 'X86_64',
        minTasks: 0,
        maxTasks: 3,
        backlogPerSlot: 4,
        wakeUpBacklog: 20,
        spot: true,
      },
    ],
    taskLogSample: 0.1,
  },
}

const { producer: _, ...ofQueue } = oneNode.workQueue

/** A ledger, and two queues beside the default one: for what waits, in threads that its slots share, and one that sleeps. */
const threeQueues: Environment = {
  ...oneNode,
  broker: { ...oneNode.broker, instanceType: 'mq.m7g.large' },
  workQueue: { ...oneNode.workQueue, ledger: { days: 7 } },
  moreQueues: [
    {
      ...ofQueue,
      queue: 'calls',
      maxLength: 50_000,
      workers: ofQueue.workers.slice(0, 1).map((worker) => ({ ...worker, slots: 100, slotsPerThread: 100 })),
      probeSeconds: 10,
      taskLogSample: 0.5,
    },
    {
      ...ofQueue,
      queue: 'reports',
      workers: ofQueue.workers.slice(1).map((worker) => ({ ...worker, minTasks: 0, wakeUpBacklog: 0 })),
      containerInsights: true,
    },
  ],
}

/** By the names under which the tests synthesize them, which no environment of infra/environments.ts may have. */
export const fixtures = {
  'test-one-node': oneNode,
  'test-cluster': cluster,
  'test-one-class': oneClass,
  'test-three-queues': threeQueues,
} as const satisfies Readonly<Record<string, Environment>>
