import type { Environment } from './settings/environment.ts'

/**
 * The environments that can be deployed, as plain data. docs/settings.md says what each setting means (its source is
 * the schema in infra/settings); what does not fit is named at synth; what it costs, `npm run cost -- <environment>`
 * says.
 */

/** Prefix of stacks, broker, metric namespace and log groups. To rename the template: this line and package.json. */
export const name = 'warren'

/** Cheap, complete, and gone after `destroy`. Both classes work from the first task on, so that the split can be seen. */
const sandbox: Environment = {
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
    queue: 'tasks',
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

/** Survives the loss of a zone. `large` is a burst class: none until the backlog is deep, then up to ten on Spot. */
const production: Environment = {
  keepData: true,
  logDays: 90,
  network: { zones: 3, egress: 'none' },
  broker: {
    version: '4.3',
    mode: 'CLUSTER_MULTI_AZ',
    instanceType: 'mq.m7g.large',
    maintenance: { day: 'SUNDAY', time: '03:00' },
  },
  workQueue: {
    queue: 'tasks',
    // some $8 a month for bursts: docs/scaling.md
    probeSeconds: 10,
    // 15 GB a node, of which 2 GiB stay free: room for this many of 24 KB each
    maxLength: 500_000,
    deadLettersMaxLength: 100_000,
    producer: { connections: 100, reservedConcurrency: 50, ratePerSecond: 500, burst: 200 },
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

export const environments: Readonly<Record<string, Environment>> = { sandbox, production }
