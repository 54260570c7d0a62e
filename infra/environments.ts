/**
 * The environments that can be deployed, as plain data. `infra/checks.ts` says at synth what does not fit together;
 * what a setting costs, `npm run cost -- <environment>` says.
 */

/** Prefix of stacks, broker, metric namespace and log groups. To rename the template: this line and package.json. */
export const name = 'warren'

/** A VPC of our own. */
export interface NewNetwork {
  /** How many availability zones, or which: name them where the region's first ones lack the broker's instance type. */
  readonly zones: number | readonly string[]
  /**
   * How tasks reach AWS, and whether they reach anything else. The reasons and prices stand in constructs/network.ts.
   * `public-address`: each task has a public address and no inbound rule. `none`: VPC endpoints only, nothing outside
   * AWS can be reached. `nat`: a NAT gateway in each zone.
   */
  readonly egress: 'public-address' | 'none' | 'nat'
}

/**
 * A VPC that exists. Its private subnets, one per zone, must reach Secrets Manager, ECS, ECR, S3 and CloudWatch Logs,
 * by a NAT gateway or by the endpoints that constructs/network.ts lists. Nothing is looked up.
 */
export interface ExistingNetwork {
  readonly vpcId: string
  readonly zones: readonly string[]
  /** In the order of `zones`. */
  readonly privateSubnetIds: readonly string[]
}

type Weekday = 'Monday' | 'Tuesday' | 'Wednesday' | 'Thursday' | 'Friday' | 'Saturday' | 'Sunday'

export interface BrokerSettings {
  readonly version: '4.3'
  readonly mode: 'SINGLE_INSTANCE' | 'CLUSTER_MULTI_AZ'
  /** One that `brokerLimits` in infra/limits.ts knows, such as `mq.m7g.medium`. */
  readonly instanceType: string
  /** When Amazon MQ may patch and reboot, for up to two hours, UTC. A single instance is away meanwhile. */
  readonly maintenance: { readonly day: Uppercase<Weekday>; readonly time: string }
}

export interface ProducerSettings {
  /** Most connections to the broker, kept by the broker itself: the cap that holds in every account. */
  readonly connections: number
  /**
   * Reserved concurrency. Off in a new account: its limit is 10 in all, and Lambda refuses a reservation that leaves
   * fewer than 10 to the rest.
   */
  readonly reservedConcurrency?: number
  /** API Gateway's throttling: requests a second, and how many at once. */
  readonly ratePerSecond: number
  readonly burst: number
}

/** One ECS service. All classes take from the same queue; what a class is given depends only on how fast it is done. */
export interface WorkerClass {
  /** `[a-z][a-z0-9-]{0,30}`: first part of the consumer tags, and a dimension of the metrics. */
  readonly name: string
  /** CPU units of a task: 1024 are one vCPU. */
  readonly cpu: number
  readonly memoryMiB: number
  /** Handlers that run at a time in one task. Default: one per whole vCPU, at least one. */
  readonly slots?: number
  readonly architecture: 'ARM64' | 'X86_64'
  readonly minTasks: number
  readonly maxTasks: number
  /**
   * More tasks are started from this many on, queued or running, per slot in service over all classes; from 1.5. A lower
   * one waits less and costs more: `npm run simulate -w lab` says how much.
   */
  readonly backlogPerSlot: number
  /**
   * For `minTasks: 0` only: the first task starts when the backlog exceeds this. At least 1 where another class is
   * always up, since a percentage of no task is none.
   */
  readonly wakeUpBacklog?: number
  /** Fargate Spot: about 70 % cheaper, taken away with two minutes' notice. Tasks it cuts off are handed back uncounted. */
  readonly spot: boolean
}

export interface WorkQueueSettings {
  /** Name of the work queue and prefix of its broker objects. Two work queues on one foundation need two names. */
  readonly queue: string
  /** Most messages in the queue, those that wait for a retry included. */
  readonly maxLength: number
  readonly deadLettersMaxLength: number
  readonly producer: ProducerSettings
  readonly workers: readonly WorkerClass[]
  /** Share of the log lines of done tasks that is written, 0 to 1, for a busy queue; all others always are. @default 1 */
  readonly taskLogSample?: number
  /** CloudWatch Container Insights: each task's CPU and memory, about $0.30 per metric and month. */
  readonly containerInsights: boolean
}

export interface Environment {
  /** Account and region are the caller's where they are not given. The checks before a deploy want production's. */
  readonly account?: string
  readonly region?: string
  /**
   * What `destroy` does. true: broker, admin's secrets and logs are kept, and the foundation refuses to be deleted.
   * false: nothing is left that runs or holds tasks.
   */
  readonly keepData: boolean
  /** Days that logs are kept: one of CloudWatch's values, such as 7, 30, 90. */
  readonly logDays: number
  /** Where alarms go, beside their topic. */
  readonly alarmEmail?: string
  readonly network: NewNetwork | ExistingNetwork
  readonly broker: BrokerSettings
  readonly workQueue: WorkQueueSettings
}

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
    producer: { connections: 30, ratePerSecond: 50, burst: 10 },
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

/** Slots of one task of a class. */
export const slotsOf = (worker: WorkerClass) => worker.slots ?? Math.max(1, Math.floor(worker.cpu / 1024))
