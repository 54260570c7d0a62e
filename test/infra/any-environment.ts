import fc from 'fast-check'
import { connectionBudgets } from '../../infra/connection-budget.ts'
import { brokerLimits, brokerNodes, fargateMemory, logDays } from '../../infra/limits.ts'
import type {
  Environment,
  ExistingNetwork,
  NewNetwork,
  WorkerClass,
} from '../../infra/settings/environment.ts'
import { regionOf } from '../../infra/settings/network.ts'

const modes = ['SINGLE_INSTANCE', 'CLUSTER_MULTI_AZ'] as const
const positive = fc.integer({ min: 1, max: 1_000_000 })
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })
const hex = fc.stringMatching(/^[0-9a-f]{17}$/)

const broker = fc.constantFrom(...modes).chain((mode) =>
  fc.record({
    version: fc.constant('4.3' as const),
    mode: fc.constant(mode),
    instanceType: fc.constantFrom(...Object.keys(brokerLimits).filter((type) => brokerLimits[type]?.[mode])),
    maintenance: fc.record({
      day: fc.constantFrom('MONDAY' as const, 'SUNDAY' as const),
      time: fc.constantFrom('00:00', '09:30', '23:59'),
    }),
  }),
)

const newNetwork = (zones: number, names: string[]): fc.Arbitrary<NewNetwork> =>
  fc.record({
    zones: fc.constantFrom<number | string[]>(zones, names),
    egress: fc.constantFrom('public-address', 'none', 'nat'),
  })
const existingNetwork = (zones: string[]): fc.Arbitrary<ExistingNetwork> =>
  fc.record({
    vpcId: hex.map((id) => `vpc-${id}`),
    zones: fc.constant(zones),
    privateSubnetIds: fc
      .uniqueArray(hex, { minLength: zones.length, maxLength: zones.length })
      .map((ids) => ids.map((id) => `subnet-${id}`)),
  })

/** Where spans may go from this network. */
const tracingFrom = (network: Environment['network']): fc.Arbitrary<Environment['tracing']> => {
  const share = optional(fc.constantFrom(0, 0.1, 1))
  const xray = fc.record({ to: fc.constant('xray' as const), share })
  const otlp = fc.record({
    to: fc.constant('otlp' as const),
    endpoint: fc.constantFrom('https://otlp.example.com/v1/traces', 'https://a.b:443/'),
    headersSecret: optional(
      fc.constant('arn:aws:secretsmanager:eu-central-1:111122223333:secret:a/tracing-AbCdEf'),
    ),
    share,
  })
  const getsOut = 'vpcId' in network || network.egress === 'nat'
  return optional(getsOut ? fc.oneof(xray, otlp) : xray)
}
const network = (least: number, region: string) =>
  fc.integer({ min: Math.max(2, least), max: 3 }).chain((zones) => {
    const names = [...'abcdef'].slice(0, zones).map((letter) => region + letter)
    return fc.oneof(newNetwork(zones, names), existingNetwork(names))
  })

/** Class names that are apt to be parts of one another. */
const className = fc.oneof(
  fc.constantFrom('admin', 'worker', 'producer', 'small', 'a', 'a-a', 'a-a-a'),
  fc.stringMatching(/^[a-z][a-z0-9-]{0,30}$/),
)
const worker = fc
  .constantFrom(...Object.keys(fargateMemory).map(Number))
  .chain((cpu) =>
    fc.record({
      name: className,
      cpu: fc.constant(cpu),
      memoryMiB: fc.constantFrom(...(fargateMemory[cpu] ?? [])),
      slots: optional(fc.integer({ min: 1, max: Math.max(1, Math.min(4, cpu / 1024)) })),
      architecture: fc.constantFrom('ARM64' as const, 'X86_64' as const),
      maxTasks: fc.integer({ min: 1, max: 2 }),
      backlogPerSlot: fc.double({ min: 1.5, max: 100, noNaN: true }),
      spot: fc.boolean(),
    }),
  )
  .chain((worker) =>
    fc.integer({ min: 0, max: worker.maxTasks }).map((minTasks) => ({ ...worker, minTasks })),
  )
  .chain(
    (worker): fc.Arbitrary<WorkerClass> =>
      worker.minTasks > 0
        ? fc.constant(worker)
        : fc.integer({ min: 1, max: 1_000 }).map((wakeUpBacklog) => ({ ...worker, wakeUpBacklog })),
  )
  .chain((worker) =>
    optional(fc.array(time(worker), { maxLength: 3 })).map((schedule) => ({ ...worker, schedule })),
  )

const time = ({ minTasks, maxTasks }: Pick<WorkerClass, 'minTasks' | 'maxTasks'>) =>
  fc.record({
    cron: fc.constantFrom('0 7 ? * MON-FRI *', '*/15 18 L * ? 2027-2030', '0 0 1,15 JAN-MAR ? *'),
    minTasks: fc.integer({ min: minTasks, max: maxTasks }),
    timeZone: optional(fc.constantFrom('UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires')),
  })

/** Names of queues that are apt to be equal to other names, or parts of them. */
const queue = fc.oneof(
  fc.constantFrom('tasks', 'warren', 'admin', 'a.b', 'a-b', 'a_b', 'x'.repeat(100)),
  fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/),
)
/** What every queue has, but for its name and workers. */
const ofQueue = {
  maxLength: positive,
  deadLettersMaxLength: positive,
  probeSeconds: optional(fc.constantFrom(10 as const, 30 as const, 60 as const)),
  taskLogSample: optional(fc.double({ min: 0, max: 1, noNaN: true })),
  containerInsights: fc.boolean(),
}
const workQueue = fc.record({
  queue,
  ...ofQueue,
  producer: fc.integer({ min: 1, max: 20 }).chain((connections) =>
    fc.record({
      connections: fc.constant(connections),
      reservedConcurrency: optional(fc.integer({ min: 1, max: connections })),
      ratePerSecond: positive,
      burst: positive,
    }),
  ),
  workers: fc.uniqueArray(worker, { minLength: 1, maxLength: 4, selector: ({ name }) => name }),
  ledger: optional(fc.record({ days: fc.integer({ min: 1, max: 365 }) })),
})

/** Names of further queues that are apt to make equal names with those of environments, or parts of them. */
export const furtherQueueName = fc.oneof(
  fc.constantFrom(
    'a',
    'a-a',
    'admin',
    'retention',
    'foundation',
    'a-work-queue',
    'work-queue',
    'x'.repeat(31),
  ),
  fc.stringMatching(/^[a-z][a-z0-9-]{0,30}$/),
)
/** With few workers, so that the smallest broker has connections for all. */
const furtherQueues = fc.uniqueArray(
  fc.record({
    queue: furtherQueueName,
    ...ofQueue,
    workers: fc.array(worker, { minLength: 1, maxLength: 1 }),
  }),
  { minLength: 1, maxLength: 2, selector: ({ queue }) => queue },
)

function keyOf({ account, region, network: { zones } }: Environment, id: string): string {
  const [zone = 'eu-central-1a'] = typeof zones === 'number' ? [] : zones
  return `arn:aws:kms:${region ?? regionOf(zone)}:${account ?? '111122223333'}:key/${id}`
}

/**
 * Environments that can be deployed. A new setting that must be given gets its line here; one that need not be may
 * have one.
 */
export const anyEnvironment: fc.Arbitrary<Environment> = fc
  .tuple(broker, fc.constantFrom('eu-central-1', 'us-gov-west-1', 'ap-southeast-7'))
  .chain(([broker, region]) =>
    fc.record({
      account: optional(fc.stringMatching(/^\d{12}$/)),
      region: optional(fc.constant(region)),
      keepData: fc.boolean(),
      logDays: fc.constantFrom(...logDays),
      alarmEmail: optional(fc.constant('ops@example.com')),
      monthlyBudgetUsd: optional(positive),
      network: network(brokerNodes[broker.mode], region),
      broker: fc.constant(broker),
      workQueue,
      moreQueues: optional(furtherQueues),
    }),
  )
  .filter(({ workQueue, moreQueues = [] }) => moreQueues.every(({ queue }) => queue !== workQueue.queue))
  // what a broker has room for is tested by itself
  .filter((environment) =>
    connectionBudgets(environment).every(({ needed, available }) => needed <= available),
  )
  .chain((environment) =>
    optional(fc.uuid()).map((id) => ({ ...environment, ...(id && { kmsKey: keyOf(environment, id) }) })),
  )
  .chain((environment) =>
    tracingFrom(environment.network).map((tracing) => ({ ...environment, ...(tracing && { tracing }) })),
  )
