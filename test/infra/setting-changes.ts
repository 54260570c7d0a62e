import type { Environment, ExistingNetwork } from '../../infra/settings/environment.ts'

/** A setting with a value, and another one that a team may come to want. */
export interface SettingChange {
  /** As the schema lists it, such as `workQueue.workers[].cpu`; a worker's is the first one's. */
  readonly path: string
  readonly from: unknown
  readonly to: unknown
  /** What else has to be so before and after. */
  readonly given?: Partial<Environment>
  /** Where the schema has no other value yet. */
  readonly hypothetical?: true
}

/** Nobody's environment, so that no edit of infra/environments.ts changes what is told of it. */
export const example: Environment = {
  account: '111122223333',
  region: 'eu-central-1',
  keepData: true,
  logDays: 30,
  alarmEmail: 'ops@example.com',
  network: { zones: 3, egress: 'none' },
  broker: {
    version: '4.3',
    mode: 'CLUSTER_MULTI_AZ',
    instanceType: 'mq.m7g.large',
    maintenance: { day: 'SUNDAY', time: '03:00' },
  },
  workQueue: {
    queue: 'tasks',
    maxLength: 100_000,
    deadLettersMaxLength: 10_000,
    producer: { connections: 50, reservedConcurrency: 50, ratePerSecond: 500, burst: 200 },
    workers: [
      {
        name: 'steady',
        cpu: 1024,
        memoryMiB: 4096,
        slots: 2,
        slotsPerThread: 1,
        architecture: 'ARM64',
        minTasks: 1,
        maxTasks: 4,
        backlogPerSlot: 3,
        spot: false,
      },
      {
        name: 'burst',
        cpu: 2048,
        memoryMiB: 4096,
        architecture: 'ARM64',
        minTasks: 0,
        maxTasks: 4,
        backlogPerSlot: 6,
        wakeUpBacklog: 10,
        spot: true,
      },
    ],
    taskLogSample: 0.5,
    containerInsights: false,
  },
}

const { producer: _, workers: exampleWorkers, ...ofQueue } = example.workQueue
/** A queue for what waits. */
const calls = {
  ...ofQueue,
  queue: 'calls',
  workers: exampleWorkers.slice(0, 1).map((worker) => ({ ...worker, slots: 100, slotsPerThread: 100 })),
}
const single = { ...example.broker, mode: 'SINGLE_INSTANCE' as const }
const zones = ['eu-central-1a', 'eu-central-1b', 'eu-central-1c']
const existing: ExistingNetwork = {
  vpcId: 'vpc-0123456789abcdef0',
  zones,
  privateSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1', 'subnet-0123456789abcdef2'],
}
const sleeper = example.workQueue.workers.map((worker, index) =>
  index === 0 ? { ...worker, minTasks: 0, wakeUpBacklog: 5 } : { ...worker, minTasks: 1 },
)
const [onlyBurst] = sleeper.slice(1).map(({ wakeUpBacklog: _, ...worker }) => worker)
const sleepers = [...sleeper.slice(0, 1), ...(onlyBurst ? [onlyBurst] : [])]

const withNat = { zones: 3, egress: 'nat' } as const
const otlp = { to: 'otlp', endpoint: 'https://otlp.example.com/v1/traces' } as const
const headersSecret = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:tracing-AbCdEf'

/** Ends in the digit. */
const kmsKey = (digit: number) =>
  `arn:aws:kms:eu-central-1:111122223333:key/01234567-89ab-cdef-0123-45678901234${digit}`

const change = (path: string, from: unknown, to: unknown, given?: Partial<Environment>): SettingChange => ({
  path,
  from,
  to,
  ...(given ? { given } : {}),
})
const worker = (field: string, from: unknown, to: unknown, given?: Partial<Environment>) =>
  change(`workQueue.workers[].${field}`, from, to, given)

const atEight = { cron: '0 8 ? * MON-FRI *', minTasks: 2 }
const scheduled = example.workQueue.workers.map((worker, index) =>
  index === 0 ? { ...worker, schedule: [atEight] } : worker,
)
const time = (field: string, from: unknown, to: unknown) =>
  worker(`schedule[].${field}`, from, to, { workQueue: { ...example.workQueue, workers: scheduled } })

/** At least one for each setting; a test demands it. */
export const settingChanges: readonly SettingChange[] = [
  change('account', '111122223333', '444455556666'),
  change('region', 'eu-central-1', 'eu-west-1'),
  change('keepData', false, true),
  change('keepData', true, false),
  change('logDays', 30, 90),
  change('alarmEmail', undefined, 'ops@example.com'),
  change('alarmEmail', 'ops@example.com', 'others@example.com'),
  change('monthlyBudgetUsd', undefined, 1_000),
  change('monthlyBudgetUsd', 1_000, 2_000),
  change('kmsKey', undefined, kmsKey(1)),
  change('kmsKey', kmsKey(1), kmsKey(2)),
  change('kmsKey', kmsKey(1), undefined),
  change('tracing', undefined, { to: 'xray' }),
  change('tracing', { to: 'xray' }, undefined),
  change('tracing', { to: 'xray' }, otlp, { network: withNat }),
  change('tracing.endpoint', otlp.endpoint, 'https://otlp.example.org/v1/traces', {
    ...{ tracing: otlp, network: withNat },
  }),
  change('tracing.headersSecret', undefined, headersSecret, { tracing: otlp, network: withNat }),
  change('tracing.share', undefined, 0.1, { tracing: { to: 'xray' } }),
  change('network.zones', 3, 4),
  change('network.zones', 4, 3),
  change('network.zones', 3, zones),
  change('network.egress', 'none', 'nat'),
  change('network.egress', 'none', 'public-address'),
  change('network.egress', 'nat', 'none'),
  change('network.egress', 'nat', 'public-address'),
  change('network.egress', 'public-address', 'nat'),
  change('network.egress', 'public-address', 'none'),
  change('network', example.network, existing),
  change('network.vpcId', existing.vpcId, 'vpc-0123456789abcdef9', { network: existing }),
  change('network.zones', zones, [...zones.slice(0, 2), 'eu-central-1d'], { network: existing }),
  change(
    'network.privateSubnetIds',
    existing.privateSubnetIds,
    [...existing.privateSubnetIds.slice(0, 2), 'subnet-0123456789abcdef9'],
    { network: existing },
  ),
  { ...change('broker.version', '4.3', '4.4'), hypothetical: true },
  change('broker.mode', 'SINGLE_INSTANCE', 'CLUSTER_MULTI_AZ', { broker: single }),
  change('broker.mode', 'CLUSTER_MULTI_AZ', 'SINGLE_INSTANCE'),
  change('broker.instanceType', 'mq.m7g.large', 'mq.m7g.xlarge'),
  change('broker.maintenance.day', 'SUNDAY', 'MONDAY'),
  change('broker.maintenance.time', '03:00', '04:00'),
  change('workQueue.queue', 'tasks', 'jobs'),
  change('moreQueues', undefined, [calls]),
  change('moreQueues', [calls], undefined),
  change('moreQueues[].queue', 'calls', 'requests', { moreQueues: [calls] }),
  change('workQueue.probeSeconds', undefined, 10),
  change('workQueue.maxLength', 100_000, 50_000),
  change('workQueue.deadLettersMaxLength', 10_000, 5_000),
  change('workQueue.producer.connections', 50, 60),
  change('workQueue.producer.reservedConcurrency', 50, undefined),
  change('workQueue.producer.ratePerSecond', 500, 1_000),
  change('workQueue.producer.burst', 200, 400),
  worker('name', 'steady', 'constant'),
  worker('cpu', 1024, 2048),
  worker('memoryMiB', 4096, 8192),
  worker('slots', 2, 4),
  worker('slotsPerThread', 1, 2),
  worker('architecture', 'ARM64', 'X86_64'),
  worker('minTasks', 1, 2),
  worker('maxTasks', 4, 8),
  worker('backlogPerSlot', 3, 5),
  worker('wakeUpBacklog', 5, 20, { workQueue: { ...example.workQueue, workers: sleepers } }),
  worker('spot', false, true),
  worker('schedule', undefined, [atEight]),
  time('cron', atEight.cron, '0 7 ? * MON-FRI *'),
  time('minTasks', atEight.minTasks, 3),
  time('timeZone', undefined, 'Europe/Berlin'),
  change('workQueue.taskLogSample', 0.5, undefined),
  change('workQueue.containerInsights', false, true),
  change('workQueue.ledger', undefined, { days: 7 }),
  change('workQueue.ledger', { days: 7 }, undefined),
  change('workQueue.ledger.days', 7, 30, { workQueue: { ...example.workQueue, ledger: { days: 7 } } }),
]

/** The example with a value in the setting; undefined leaves it out. */
export function withSetting(
  { path, given }: Pick<SettingChange, 'path' | 'given'>,
  value: unknown,
): Environment {
  const copy = structuredClone({ ...example, ...given })
  const keys = path.replaceAll('[]', '.0').split('.')
  const last = keys.pop() ?? ''
  const parent = keys.reduce(
    (at, key) => at[key] as Record<string, unknown>,
    copy as unknown as Record<string, unknown>,
  )
  if (value === undefined) delete parent[last]
  else parent[last] = structuredClone(value)
  return copy as Environment
}
