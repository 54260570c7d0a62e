import * as s3 from 'aws-cdk-lib/aws-s3'
import { expect, test } from 'vitest'
import { brokerLimits } from '../../infra/limits.ts'
import type { Environment } from '../../infra/settings/environment.ts'
import { ofType, readAssembly } from '../../ops/assembly.ts'
import { billOf, unpriced } from '../../ops/cost/bill.ts'
import { assumed, idle } from '../../ops/cost/load.ts'
import { prices } from '../../ops/cost/prices.ts'
import { hasSchedule } from '../../ops/fargate.ts'
import { publishes } from '../../services/contract/publishing.ts'
import { taskTypes } from '../../services/tasks/registry.ts'
import { type EnvironmentName, environment, environmentNames, stacks } from './synth.ts'

/** The stacks of an environment as `cdk synth` writes them, and the commands read them. */
function synthesized(name: EnvironmentName, change: Partial<Environment> = {}) {
  return readAssembly(stacks(name, change).app.synth().directory)
}

const sandbox = synthesized('test-one-node')
const production = synthesized('test-cluster')
const withNat = synthesized('test-one-node', { network: { zones: 2, egress: 'nat' } })

test.each(environmentNames)('%s has no resource whose cost is unknown', (name) => {
  expect(unpriced(synthesized(name).stacks)).toEqual([])
})

test('a resource of another type is noticed', () => {
  const { app, workQueue } = stacks('test-one-node')
  new s3.Bucket(workQueue, 'Another')
  expect(unpriced(readAssembly(app.synth().directory).stacks)).toEqual(['AWS::S3::Bucket'])
})

test.each(Object.entries(prices))('the price of %s says where and when it was read', (_, price) => {
  expect(price.source).toMatch(/\S/)
  expect(price.date).toMatch(/^20\d\d-[01]\d-[0-3]\d$/)
  expect(price.usd).toBeGreaterThan(0)
})

test('every instance type that an environment may name has a price', () => {
  expect(Object.keys(prices)).toEqual(expect.arrayContaining(Object.keys(brokerLimits)))
})

test('a broker without a price is an error that says where to add one', () => {
  const { broker } = environment('test-one-node')
  const type = broker.instanceType
  const changed = sandbox.stacks.map((stack) => ({
    ...stack,
    resources: stack.resources.map((resource) =>
      resource.Type === 'AWS::AmazonMQ::Broker'
        ? { ...resource, Properties: { ...resource.Properties, HostInstanceType: `${type}.new` } }
        : resource,
    ),
  }))
  expect(() => billOf(changed, idle)).toThrow(
    `no price is known for a ${type}.new broker: add a line to ops/cost`,
  )
})

test('the rows make the total, idle and under load', () => {
  const { rows, total } = billOf(production.stacks, { tasksPerSecond: 20, taskSeconds: 0.5 })
  expect(rows.reduce((sum, row) => sum + row.idle, 0)).toBeCloseTo(total.idle)
  expect(rows.reduce((sum, row) => sum + row.load, 0)).toBeCloseTo(total.load)
  expect(total.load).toBeGreaterThan(total.idle)
})

test('a cluster is three brokers, and idle workers are the least tasks of each class', () => {
  const idleRow = (name: RegExp) =>
    billOf(production.stacks, idle).rows.find((row) => name.test(row.name))?.idle
  expect(idleRow(/^broker: 3 × mq.m7g.large/)).toBeCloseTo(3 * 730 * prices['mq.m7g.large'].usd)
  expect(idleRow(/^workers: 2 to 20 × 1 vCPU/)).toBeCloseTo(
    2 * 730 * (prices['ARM64 vCPU'].usd + 2 * prices['ARM64 memory'].usd),
  )
  expect(idleRow(/^workers: 0 to 10 × 4 vCPU, Spot/)).toBe(0)
})

test('a load calls the first worker class before the next, and what is beyond all of them is named', () => {
  const bill = (tasksPerSecond: number) => billOf(production.stacks, { tasksPerSecond, taskSeconds: 1 })
  // two tasks of one vCPU each, busy for 80 % of the time
  expect(bill(1.6)).toMatchObject({ workers: 2, beyond: 0 })
  expect(bill(1.7)).toMatchObject({ workers: 3, beyond: 0 })
  expect(bill(16)).toMatchObject({ workers: 20, beyond: 0 })
  expect(bill(17)).toMatchObject({ workers: 21, beyond: 0 })
  // 20 × 1 + 10 × 4 vCPUs
  expect(bill(50)).toMatchObject({ workers: 30, beyond: expect.closeTo(50 - 60 * 0.8) })
})

test('a metric is counted once per alarm, and target tracking would add two alarms of its own', () => {
  const alarms = ofType(sandbox.stacks, 'AWS::CloudWatch::Alarm')
  const metricsOf = (properties: Readonly<Record<string, unknown>> = {}) =>
    Array.isArray(properties['Metrics'])
      ? properties['Metrics'].filter((metric) => 'MetricStat' in metric).length
      : 1
  const own = alarms.reduce((sum, { Properties }) => sum + metricsOf(Properties), 0)
  const [first] = sandbox.stacks
  if (!first) throw new Error('there is no stack')
  const policy = {
    ...{ Type: 'AWS::ApplicationAutoScaling::ScalingPolicy', logicalId: 'Policy', stack: first.name },
    Properties: { PolicyType: 'TargetTrackingScaling' },
  }
  const costOf = (stacks: typeof sandbox.stacks) =>
    billOf(stacks, idle).rows.find(({ name }) => name === 'alarms')?.idle
  expect(costOf(sandbox.stacks)).toBeCloseTo(own * prices.alarm.usd)
  const tracking = [...sandbox.stacks, { ...first, resources: [policy] }]
  expect(costOf(tracking)).toBeCloseTo((own + 2) * prices.alarm.usd)
})

test('the bill says that it leaves out scheduled least tasks, where there are some', () => {
  const { workQueue } = environment('test-one-node')
  const workers = workQueue.workers.map((worker, index) =>
    index > 0 ? worker : { ...worker, schedule: [{ cron: '0 7 ? * MON-FRI *', minTasks: 2 }] },
  )
  const scheduled = synthesized('test-one-node', { workQueue: { ...workQueue, workers } })
  expect([hasSchedule(scheduled.stacks), hasSchedule(sandbox.stacks)]).toEqual([true, false])
})

test('looks within a minute cost the time that the probe waits, dearer alarms, and log lines', () => {
  const { workQueue } = environment('test-cluster')
  const [minutely, often] = ([60, 10] as const).map((probeSeconds) => {
    const { stacks } = synthesized('test-cluster', { workQueue: { ...workQueue, probeSeconds } })
    return (name: string) => billOf(stacks, idle).rows.find((row) => row.name === name)?.idle ?? 0
  }) as [(name: string) => number, (name: string) => number]
  const more = (name: string) => often(name) - minutely(name)
  const gbSeconds = 730 * 60 * 50 * 0.25
  expect(more('functions')).toBeCloseTo(gbSeconds * prices['Lambda ARM64'].usd)
  // two classes with an alarm out and one in, and one that sleeps
  expect(more('alarms')).toBeCloseTo(5 * (prices['high-resolution alarm'].usd - prices.alarm.usd))
  const gb = 730 * 60 * 5 * assumed.gbPerFunctionCall
  const months = environment('test-cluster').logDays / 30
  expect(more('logs')).toBeCloseTo(gb * (prices['log ingestion'].usd + months * prices['log storage'].usd))
})

test('metrics of our own are counted by their dimensions: 41 with two classes and two task types', () => {
  const count = ({ stacks }: typeof sandbox) =>
    (billOf(stacks, idle).rows.find(({ name }) => name === 'metrics of ours')?.idle ?? 0) /
    prices['custom metric'].usd
  // each further type, and each that there is less: done, failed and how long, by class
  const types = 2 * 3 * (taskTypes.length - 2) + (taskTypes.some(publishes) ? 2 : 0)
  expect(count(sandbox)).toBeCloseTo(41 + types)
  // a class that scales down to none has a WakeUp
  expect(count(production)).toBeCloseTo(42 + types)
})

test('a public address is paid for by every task that has one, and by each NAT gateway', () => {
  const row = (assembly: typeof sandbox, name: string) =>
    billOf(assembly.stacks, idle).rows.find((found) => found.name === name)?.idle
  expect(row(sandbox, 'public addresses of tasks')).toBeCloseTo(2 * 730 * 0.005)
  expect(row(withNat, 'public addresses')).toBeCloseTo(2 * 730 * 0.005)
  expect(row(withNat, 'NAT gateways')).toBeCloseTo(2 * 730 * 0.045)
  expect(row(withNat, 'public addresses of tasks') ?? 0).toBe(0)
})

test('the maximum is every class at its most tasks, and as many requests as the API lets through, all month', () => {
  const { workQueue } = environment('test-cluster')
  const bill = billOf(production.stacks, idle)
  const usd = (name: RegExp) => bill.rows.find((row) => name.test(row.name))?.maximum
  const vcpuHours = workQueue.workers.reduce(
    (sum, { cpu, memoryMiB, maxTasks, spot }) =>
      sum +
      730 *
        maxTasks *
        (spot ? prices['Spot share'].usd : 1) *
        ((cpu / 1024) * prices['ARM64 vCPU'].usd + (memoryMiB / 1024) * prices['ARM64 memory'].usd),
    0,
  )
  const workers = bill.rows.filter(({ name }) => name.startsWith('workers: '))
  expect(workers.reduce((sum, { maximum }) => sum + maximum, 0)).toBeCloseTo(vcpuHours)
  const requests = workQueue.producer.ratePerSecond * 730 * 3_600
  expect(usd(/^HTTP API$/)).toBeCloseTo(requests * prices['HTTP API request'].usd)
  expect(bill.rows.reduce((sum, { maximum }) => sum + maximum, 0)).toBeCloseTo(bill.total.maximum)
})

test('no load that an environment can do costs more than its maximum', () => {
  for (const [{ stacks }, name] of [
    [sandbox, 'test-one-node'],
    [production, 'test-cluster'],
  ] as const) {
    const { ratePerSecond } = environment(name).workQueue.producer
    for (const taskSeconds of [0.01, 1, 100]) {
      const { rows } = billOf(stacks, { tasksPerSecond: ratePerSecond, taskSeconds })
      for (const row of rows) expect([row.name, row.maximum - row.load >= -1e-6]).toEqual([row.name, true])
      for (const row of rows) expect([row.name, row.load - row.idle >= -1e-6]).toEqual([row.name, true])
    }
  }
})

test('what AWS logs by itself is in the bill: the broker by node, Container Insights by worker', () => {
  const usd = ({ stacks }: typeof sandbox, name: string) =>
    billOf(stacks, idle).rows.find((row) => row.name === name)
  const days = ({ logDays }: Environment) => logDays / 30
  const perGb = (environment: Environment) =>
    prices['log ingestion'].usd + days(environment) * prices['log storage'].usd
  const node = (name: EnvironmentName) => assumed.gbPerBrokerNode * perGb(environment(name))
  expect(usd(sandbox, 'logs of the broker')?.idle).toBeCloseTo(node('test-one-node'))
  expect(usd(production, 'logs of the broker')?.idle).toBeCloseTo(3 * node('test-cluster'))
  const insights = usd(production, 'Container Insights')
  const more = environment('test-cluster').workQueue.workers.reduce(
    (sum, { minTasks, maxTasks }) => sum + maxTasks - minTasks,
    0,
  )
  // two events a minute of each task that runs, of the task and of its container
  const event = 730 * 60 * assumed.gbPerInsightsEvent * perGb(environment('test-cluster'))
  expect((insights?.maximum ?? 0) - (insights?.idle ?? 0)).toBeCloseTo(2 * more * event)
  expect(usd(sandbox, 'Container Insights')).toBeUndefined()
})

test('traces cost what their spans do: two of a request and one of a task, of the share that is sent', () => {
  const rows = (tracing?: Environment['tracing']) =>
    billOf(synthesized('test-one-node', tracing ? { tracing } : {}).stacks, {
      tasksPerSecond: 10,
      taskSeconds: 0.1,
    }).rows
  const of = (tracing?: Environment['tracing']) => rows(tracing).find(({ name }) => name === 'traces')
  const tasks = 10 * 730 * 3_600
  const all = tasks * 3 * assumed.gbPerSpan * prices['log ingestion'].usd
  expect(of({ to: 'xray' })?.load).toBeCloseTo(all)
  expect(of({ to: 'xray', share: 0.1 })?.load).toBeCloseTo(all / 10)
  expect(of({ to: 'xray' })?.idle).toBe(0)
  expect(of()?.load).toBe(0)
  const endpoints = (tracing?: Environment['tracing']) =>
    rows(tracing).find(({ name }) => name === 'VPC endpoints')?.idle ?? 0
  expect(endpoints({ to: 'xray' }) - endpoints()).toBeCloseTo(730 * prices['interface endpoint'].usd)
})
