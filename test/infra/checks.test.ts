import { describe, expect, test } from 'vitest'
import { checkedEnvironment } from '../../infra/checks.ts'
import { connectionBudgets } from '../../infra/connection-budget.ts'
import type { Environment, WorkerClass } from '../../infra/settings/environment.ts'
import { publishes } from '../../services/contract/publishing.ts'
import { defaultTopology, definitions } from '../../services/contract/topology.ts'
import { taskTypes } from '../../services/tasks/registry.ts'
import { environment, environmentNames, findSettingProblems } from './synth.ts'

const sandbox = environment('test-one-node')
const [small, large] = sandbox.workQueue.workers as [WorkerClass, WorkerClass]

const vpcId = 'vpc-0123456789abcdef0'
const subnet = 'subnet-0123456789abcdef0'
const key = 'arn:aws:kms:eu-west-1:210987654321:key/01234567-89ab-cdef-0123-456789abcdef'
const alias = 'arn:aws:kms:eu-west-1:210987654321:alias/warren'

/** An environment that the types would not let through. */
const untyped = (change: object) => ({ ...sandbox, ...change }) as Environment
const withQueue = (change: object) => untyped({ workQueue: { ...sandbox.workQueue, ...change } })
const withWorkers = (...workers: WorkerClass[]): Environment => ({
  ...sandbox,
  workQueue: { ...sandbox.workQueue, workers },
})
const withProducer = (producer: Partial<Environment['workQueue']['producer']>): Environment => ({
  ...sandbox,
  workQueue: { ...sandbox.workQueue, producer: { ...sandbox.workQueue.producer, ...producer } },
})

test.each(environmentNames)('%s has no problem', (name) => {
  expect(findSettingProblems(name, environment(name))).toEqual([])
})

test('an unknown environment is answered with those that exist', () => {
  expect(() => checkedEnvironment('prod', { sandbox, production: sandbox })).toThrow(
    'environment must be one of sandbox, production, got "prod": choose with -c environment=<name>, or add it to infra/environments.ts',
  )
})

describe('a setting that does not fit is named with the value seen and the remedy', () => {
  type Case = [string, Environment, string, unknown, RegExp]
  const network = (zones: unknown, egress = 'none') => untyped({ network: { zones, egress } })
  const endpoint = 'https://otlp.example.com/v1/traces'
  const headersSecret = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:tracing-AbCdEf'
  const traced = (tracing: object, egress = 'nat') => untyped({ network: { zones: 2, egress }, tracing })
  const cases: Case[] = [
    [
      'a backend without an address',
      traced({ to: 'otlp' }),
      'tracing.endpoint',
      undefined,
      /give the address/,
    ],
    ['an address for X-Ray', traced({ to: 'xray', endpoint }), 'tracing.endpoint', endpoint, /leave it out/],
    [
      'headers for X-Ray',
      traced({ to: 'xray', headersSecret }),
      'tracing.headersSecret',
      headersSecret,
      /leave it out/,
    ],
    ...[
      'http://otlp.example.com/',
      'https://otlp.example.com',
      'https://otlp.example.com:4318/v1/traces',
      'https://a:b@c/',
    ].map(
      (seen): Case => [
        `the address ${seen}`,
        traced({ to: 'otlp', endpoint: seen }),
        'tracing.endpoint',
        seen,
        /port 443/,
      ],
    ),
    [
      'a secret without the end of its ARN',
      traced({ to: 'otlp', endpoint, headersSecret: headersSecret.slice(0, -7) }),
      'tracing.headersSecret',
      headersSecret.slice(0, -7),
      /the whole ARN/,
    ],
    ...['none', 'public-address'].map(
      (egress): Case => [
        `a backend that nothing reaches with ${egress}`,
        traced({ to: 'otlp', endpoint }, egress),
        'tracing.to',
        'otlp',
        /use xray, or network.egress nat/,
      ],
    ),
    [
      'memory that Fargate does not pair with the CPU',
      withWorkers({ ...small, memoryMiB: 4096 }),
      'workQueue.workers[0].memoryMiB',
      4096,
      /with 256 CPU units choose one of 512, 1024, 2048/,
    ],
    [
      'CPU units that Fargate lacks',
      withWorkers({ ...small, cpu: 300 }),
      'workQueue.workers[0].cpu',
      300,
      /256/,
    ],
    [
      'more slots than the CPU carries',
      withWorkers({ ...small, slots: 2 }),
      'workQueue.workers[0].slots',
      2,
      /use 1 to 1, since 0.25 vCPU carries up to 1 threads; .* raise slotsPerThread/,
    ],
    ['no slot', withWorkers({ ...small, slots: 0 }), 'workQueue.workers[0].slots', 0, /from 1 to 250/],
    [
      'more slots than the threads of the CPU carry',
      withWorkers({ ...small, slots: 101, slotsPerThread: 100 }),
      'workQueue.workers[0].slots',
      101,
      /use 1 to 100, since 0.25 vCPU carries up to 1 threads/,
    ],
    [
      'more slots to a thread than there are',
      withWorkers({ ...small, slotsPerThread: 2 }),
      'workQueue.workers[0].slotsPerThread',
      2,
      /use 1 to slots, which is 1/,
    ],
    [
      'a minimum above the maximum',
      withWorkers({ ...small, minTasks: 5 }),
      'workQueue.workers[0].minTasks',
      5,
      /use 0 to maxTasks, which is 4/,
    ],
    ...[
      '0 7 * * MON-FRI *',
      '0 7 ? * MON-FRI',
      '60 7 ? * MON-FRI *',
      '0 24 ? * MON *',
      '0 7 32 * ? *',
      '0 7 ? 13 MON *',
      '0 7 ? * 8 *',
      'rate(1 minute)',
    ].map(
      (cron): Case => [
        `the time ${cron}`,
        withWorkers({ ...small, schedule: [{ cron, minTasks: 1 }] }),
        'workQueue.workers[0].schedule[0].cron',
        cron,
        /six fields/,
      ],
    ),
    ...[0, 5].map(
      (minTasks): Case => [
        `a time with ${minTasks} of 1 to 4 tasks`,
        withWorkers({ ...small, schedule: [{ cron: '0 7 ? * MON-FRI *', minTasks }] }),
        'workQueue.workers[0].schedule[0].minTasks',
        minTasks,
        /use minTasks to maxTasks, which are 1 and 4/,
      ],
    ),
    [
      'a time zone that there is not',
      withWorkers({
        ...small,
        schedule: [{ cron: '0 7 ? * MON-FRI *', minTasks: 1, timeZone: 'Europe/Atlantis' }],
      }),
      'workQueue.workers[0].schedule[0].timeZone',
      'Europe/Atlantis',
      /name of a time zone/,
    ],
    [
      'a target that never settles',
      withWorkers({ ...small, backlogPerSlot: 1.1 }),
      'workQueue.workers[0].backlogPerSlot',
      1.1,
      /use at least 1.5/,
    ],
    [
      'a class that cannot wake up',
      withWorkers(small, { ...large, minTasks: 0 }),
      'workQueue.workers[1].wakeUpBacklog',
      undefined,
      /give the backlog .* 1 or more/,
    ],
    [
      'a class that never sleeps but has a wake-up',
      withWorkers({ ...small, wakeUpBacklog: 5 }),
      'workQueue.workers[0].wakeUpBacklog',
      5,
      /leave it out/,
    ],
    [
      'two classes of a name',
      withWorkers(small, { ...large, name: 'small' }),
      'workQueue.workers[1].name',
      'small',
      /another class has this name/,
    ],
    ['no class', withWorkers(), 'workQueue.workers', [], /add a worker class/],
    [
      'a name too long',
      withWorkers({ ...small, name: 'x'.repeat(32) }),
      'workQueue.workers[0].name',
      'x'.repeat(32),
      /1 to 31/,
    ],
    [
      'an instance type that is gone',
      { ...sandbox, broker: { ...sandbox.broker, instanceType: 'mq.t3.micro' } },
      'broker.instanceType',
      'mq.t3.micro',
      /choose one of mq.m7g.medium/,
    ],
    [
      'an instance type that this mode has not',
      { ...sandbox, broker: { ...sandbox.broker, instanceType: 'mq.m7g.xlarge' } },
      'broker.instanceType',
      'mq.m7g.xlarge',
      /for SINGLE_INSTANCE choose/,
    ],
    [
      'fewer zones than the cluster has nodes',
      { ...environment('test-cluster'), network: { zones: 2, egress: 'none' } },
      'network.zones',
      2,
      /use 3 or more/,
    ],
    [
      'subnets that do not match the zones',
      {
        ...sandbox,
        network: { vpcId, zones: ['eu-central-1a', 'eu-central-1b'], privateSubnetIds: [subnet] },
      },
      'network.privateSubnetIds',
      [subnet],
      /one for each of the 2 zones/,
    ],
    [
      'a reservation above the connections',
      withProducer({ reservedConcurrency: 21 }),
      'workQueue.producer.reservedConcurrency',
      21,
      /use 1 to connections, which is 20/,
    ],
    ['a retention that CloudWatch lacks', untyped({ logDays: 8 }), 'logDays', 8, /choose one of 1, 3, 5, 7/],
    [
      'a queue name that RabbitMQ patterns would mangle',
      { ...sandbox, workQueue: { ...sandbox.workQueue, queue: 'a b' } },
      'workQueue.queue',
      'a b',
      /1 to 100/,
    ],
    ...['a.dead', 'a.later', 'a.later.07'].map(
      (queue): Case => [
        `a queue called ${queue}, as what another has beside it`,
        { ...sandbox, workQueue: { ...sandbox.workQueue, queue } },
        'workQueue.queue',
        queue,
        /^use another end: /,
      ],
    ),
    [
      'a share of the log lines above all of them',
      { ...sandbox, workQueue: { ...sandbox.workQueue, taskLogSample: 10 } },
      'workQueue.taskLogSample',
      10,
      /use 0 to 1/,
    ],
    [
      'a time that no clock shows',
      { ...sandbox, broker: { ...sandbox.broker, maintenance: { day: 'SUNDAY', time: '24:00' } } },
      'broker.maintenance.time',
      '24:00',
      /HH:MM in UTC/,
    ],
    [
      'a class that never has a task',
      withWorkers(small, { ...large, minTasks: 0, maxTasks: 0, wakeUpBacklog: 1 }),
      'workQueue.workers[1].maxTasks',
      0,
      /use a whole number from 1 to 5000: to stop a class/,
    ],
    ...[0, -5, 1.5, Number.NaN].map(
      (maxLength): Case => [
        `a queue of ${maxLength} messages`,
        withQueue({ maxLength }),
        'workQueue.maxLength',
        maxLength,
        /use a whole number of 1 or more/,
      ],
    ),
    ['no request', withProducer({ ratePerSecond: 0 }), 'workQueue.producer.ratePerSecond', 0, /1 or more/],
    ['a negative burst', withProducer({ burst: -1 }), 'workQueue.producer.burst', -1, /1 or more/],
    ['too many zones', network(7), 'network.zones', 7, /2 to 6/],
    ['half a zone', network(2.5), 'network.zones', 2.5, /2 to 6/],
    [
      'one zone twice',
      network(['eu-central-1a', 'eu-central-1a']),
      'network.zones',
      ['eu-central-1a', 'eu-central-1a'],
      /each zone only once/,
    ],
    [
      'zones of two regions',
      network(['eu-central-1a', 'eu-west-1b']),
      'network.zones[1]',
      'eu-west-1b',
      /all zones are of one region, and the first is of eu-central-1/,
    ],
    [
      'a zone of another region',
      { ...network(['eu-central-1a', 'eu-central-1b']), region: 'eu-west-1' },
      'network.zones[0]',
      'eu-central-1a',
      /use zones of region, which is eu-west-1/,
    ],
    [
      'one subnet twice',
      untyped({
        network: { vpcId, zones: ['eu-central-1a', 'eu-central-1b'], privateSubnetIds: [subnet, subnet] },
      }),
      'network.privateSubnetIds',
      [subnet, subnet],
      /each subnet only once/,
    ],
    [
      'no address',
      untyped({ alarmEmail: 'ops at example' }),
      'alarmEmail',
      'ops at example',
      /ops@example.com/,
    ],
    ['no account', untyped({ account: '12345' }), 'account', '12345', /twelve digits/],
    ['the alias of a key', untyped({ kmsKey: alias }), 'kmsKey', alias, /use the ARN of a key, such as/],
    [
      'a key of another region',
      untyped({ kmsKey: key, region: 'us-east-1' }),
      'kmsKey',
      key,
      /use a key of region, which is us-east-1/,
    ],
    [
      'a key of another account',
      untyped({ kmsKey: key, account: '999999999999', region: 'eu-west-1' }),
      'kmsKey',
      key,
      /use a key of account, which is 999999999999/,
    ],
    ['no region', untyped({ region: 'Frankfurt' }), 'region', 'Frankfurt', /such as eu-central-1/],
    ['a way out of two', network(2, 'internet'), 'network.egress', 'internet', /public-address, none, nat/],
    ['a setting that is none', untyped({ logDay: 7 }), 'logDay', 7, /no such setting/],
  ]
  test.each(cases)('%s', (_, candidate, field, seen, remedy) => {
    expect(findSettingProblems('test', candidate)).toContainEqual({
      field,
      seen,
      remedy: expect.stringMatching(remedy),
    })
  })
})

test('a value that JSON cannot show is shown all the same', () => {
  expect(() => checkedEnvironment('test', { test: withQueue({ maxLength: Number.NaN }) })).toThrow(
    'workQueue.maxLength is NaN: ',
  )
  expect(() => checkedEnvironment('test', { test: withQueue({ maxLength: undefined }) })).toThrow(
    'workQueue.maxLength is not given: ',
  )
})

test('all problems are told at once, also those that depend on others', () => {
  const candidate = untyped({
    ...withWorkers({ ...small, cpu: 300, memoryMiB: 512 }, { ...large, maxTasks: 16 }),
    logDays: 8,
  })
  expect(() => checkedEnvironment('test', { test: candidate })).toThrow(
    /^environment "test" has 3 problems:\n {2}logDays is 8: .*\n {2}workQueue.workers\[0\].cpu is 300: .*\n {2}broker.instanceType is "mq.m7g.medium": /s,
  )
})

describe('the connection budget', () => {
  test('is told term by term when it does not fit', () => {
    // a template whose handlers send has two for each worker
    const each = taskTypes.some(publishes) ? 2 : 1
    const of = (amount: number) => String(amount).padStart(12)
    expect(() => checkedEnvironment('test', { test: withProducer({ connections: 40 }) })).toThrow(
      `environment "test" has a problem:
  broker.instanceType is "mq.m7g.medium": take a larger one, or lower maxTasks or producer.connections
    connections at the broker:
${of(8 * each)}  workers "small" (4 tasks × 200 % × ${each})
${of(4 * each)}  workers "large" (2 tasks × 200 % × ${each})
          80  producer (2 × 40 × 1)
           3  probe, operator, topology (one each)
${of(83 + 12 * each)}  of 80 (0.8 × 100 a node × 1)`,
    )
  })

  test('leaves room for the loss of one node of a cluster', () => {
    const [connections, channels] = connectionBudgets(environment('test-cluster'), false)
    expect(connections).toMatchObject({ needed: 40 + 20 + 200 + 3, available: 800 })
    expect(channels).toMatchObject({ needed: 40 + 40 + 80 + 20 + 400 + 3, available: 2_400 })
  })

  test('counts a channel for each slot, and for eight slots that share a thread', () => {
    const settings = environment('test-cluster')
    const channels = (slots: number, slotsPerThread: number, workersPublish = false) => {
      const workers = settings.workQueue.workers
        .slice(0, 1)
        .map((worker) => ({ ...worker, maxTasks: 1, slots, slotsPerThread }))
      const workQueue = { ...settings.workQueue, workers }
      const [, budget] = connectionBudgets({ ...settings, workQueue }, workersPublish)
      // at most two at once of one ECS task; one listens to the operator
      return (budget?.terms[0]?.amount ?? 0) / 2 - 1
    }
    expect(channels(12, 1)).toBe(12)
    expect([channels(8, 8), channels(9, 9), channels(250, 250)]).toEqual([1, 2, 32])
    // slots of two threads share none
    expect([channels(8, 4), channels(25, 12)]).toEqual([2, 5])
    // what handlers send goes on others
    expect(channels(64, 64, true)).toBe(8 + 64)
  })

  test('counts the queues of the broker, on which each work queue has some and each worker one', () => {
    const [, , queues] = connectionBudgets(environment('test-cluster'))
    const own = definitions(defaultTopology('tasks')).queues.length
    expect(queues).toMatchObject({ what: 'queues', needed: own + 40 + 20, available: 800 })
    const { workQueue } = environment('test-cluster')
    const workers = workQueue.workers.map((worker) => ({ ...worker, maxTasks: 1 }))
    const more = ['b', 'c', 'd'].map((queue) => ({ queue, workers }))
    const crowded = {
      broker: { mode: 'CLUSTER_MULTI_AZ', instanceType: 'mq.m7g.medium' },
      workQueue: { ...workQueue, workers, producer: { connections: 1 } },
    } as const
    const room = (moreQueues: typeof more) =>
      connectionBudgets({ ...crowded, moreQueues }).map(({ needed, available }) => needed <= available)
    expect(room(more.slice(0, 1))).toEqual([true, true, true])
    expect(room(more)).toEqual([true, true, false])
  })

  test('counts a second connection of each worker whose handlers send, with a channel for each slot', () => {
    const [connections, channels] = connectionBudgets(environment('test-cluster'), true)
    expect(connections).toMatchObject({ needed: 2 * (40 + 20) + 200 + 3 })
    // each listens to the operator on one more
    expect(channels).toMatchObject({ needed: 2 * (40 + 80) + (40 + 20) + 400 + 3 })
  })
})
