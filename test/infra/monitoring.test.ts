import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { brokerLimits, brokerMemoryGib } from '../../infra/limits.ts'
import { type Metric, metrics } from '../../services/contract/metrics.ts'
import { schedulesIn } from '../../services/contract/schedule.ts'
import {
  alarmsOf,
  askedMetrics,
  compositeAlarmsOf,
  type Widget,
  widgetsOf,
} from '../support/template-metrics.ts'
import { environment, environmentNames, schedulesOf } from './synth.ts'

const read = (file: string) => readFileSync(resolve(import.meta.dirname, '../..', file), 'utf8')

/**
 * AWS's own metrics that we rely on, with the dimensions under which they exist.
 * https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/rabbitmq-logging-monitoring.html
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
 */
const ofAws: Readonly<
  Record<string, readonly [names: readonly string[], ...dimensions: readonly string[][]]>
> = {
  'AWS/AmazonMQ': [
    [
      'RabbitMQMemUsed',
      'RabbitMQMemLimit',
      'RabbitMQDiskFree',
      'RabbitMQDiskFreeLimit',
      'SystemCpuUtilization',
      'ConnectionCount',
    ],
    ['Broker'],
    ['Broker', 'Node'],
  ],
  'AWS/SQS': [['ApproximateNumberOfMessagesVisible'], ['QueueName']],
  'AWS/ECS': [['CPUUtilization'], ['ClusterName', 'ServiceName']],
  // https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html
  'AWS/Scheduler': [
    ['InvocationAttemptCount', 'TargetErrorCount', 'InvocationDroppedCount'],
    ['ScheduleGroup'],
  ],
  'AWS/DynamoDB': [['WriteThrottleEvents', 'ReadThrottleEvents'], ['TableName']],
  'AWS/ApiGateway': [['Count', '4xx', '5xx'], ['ApiId']],
}

/** Memory at which a node blocks publishers: https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/rmq-broker-instance-types.html */
const memoryGib: Readonly<Record<string, number>> = {
  'mq.m7g.medium': 1.8,
  'mq.m7g.large': 4.3,
  'mq.m7g.xlarge': 9.3,
}

test('the memory of each instance type that there is a limit for is known', () => {
  expect(brokerMemoryGib).toEqual(memoryGib)
  expect(Object.keys(brokerMemoryGib)).toEqual(Object.keys(brokerLimits))
})

/** The anchor that GitHub gives a heading. */
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-')
const headings = (markdown: string) =>
  [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchor(heading ?? ''))

describe.each(environmentNames)('%s', (name) => {
  const all = [...alarmsOf(name), ...compositeAlarmsOf(name)]
  const schedules = schedulesIn(name, schedulesOf(name))
  /** They scale; being on is no fault. */
  const scaling = /Scaling(WakeUp|Out|In)Alarm/

  test('every alarm tells somebody, and says what to look at and where the runbook goes on', () => {
    const sections = headings(read('docs/runbook.md'))
    for (const [id, { AlarmDescription, AlarmActions }] of all) {
      expect(AlarmActions, id).toHaveLength(1)
      expect(AlarmDescription, id).toMatch(scaling.test(id) ? /look at/i : /Look (at|for) .+[;,] /)
      const [, section = ''] = /docs\/runbook\.md#([a-z0-9-]+)$/.exec(AlarmDescription) ?? []
      expect(sections, id).toContain(section)
    }
  })

  test('there is an alarm for each thing that goes wrong', () => {
    const ids = all.map(([id]) => id.replace(/^(Monitoring|BrokerAlarms)/, '').replace(/[0-9A-F]{8}$/, ''))
    expect(ids.filter((id) => !scaling.test(id)).toSorted()).toEqual([
      'AllAtMaxTasks',
      'ConfirmLatency',
      'ConsumerTimeouts',
      'Cpu',
      'DeadLetters',
      'DeadLettersStuck',
      'Disk',
      ...(environment(name).workQueue.ledger ? ['LedgerThrottled'] : []),
      'Memory',
      'NoProgress',
      'NoWorkers',
      'PasswordNotApplied',
      'ProbeSilent',
      'Producer5xx',
      'RetriesEatCapacity',
      ...(schedules.length > 0 ? ['ScheduleFailed'] : []),
      ...schedules.map((schedule) => `ScheduleGivenUp${schedule.name.replaceAll('-', '')}`).toSorted(),
      'TasksWaitTooLong',
      'WorkHasStopped',
    ])
  })

  test('a broker’s alarms look at the worst of its nodes, since the sum of three hides one at its limit', () => {
    const { mode, instanceType } = environment(name).broker
    const nodes = mode === 'CLUSTER_MULTI_AZ'
    const asked = askedMetrics(name).filter(({ by }) => by.startsWith('BrokerAlarms'))
    expect(new Set(asked.map(({ dimensions }) => 'Node' in dimensions))).toEqual(new Set([nodes]))
    if (!nodes) return
    const thresholds = alarmsOf(name)
      .filter(([id]) => id.startsWith('BrokerAlarms'))
      .map(([, { Metrics, Threshold, ComparisonOperator }]) => [
        /^SELECT (\w+\(\w+\))/.exec(Metrics[0].Expression)?.[1],
        ComparisonOperator,
        Threshold,
      ])
    const gib = 2 ** 30
    expect(thresholds).toEqual([
      [
        'MAX(RabbitMQMemUsed)',
        'GreaterThanThreshold',
        expect.closeTo(0.8 * (memoryGib[instanceType] ?? 0) * gib, 0),
      ],
      ['MIN(RabbitMQDiskFree)', 'LessThanThreshold', 3 * gib],
      ['MAX(SystemCpuUtilization)', 'GreaterThanThreshold', 80],
    ])
  })

  test('a pause is no reason for the alarm NoWorkers', () => {
    const [, alarm] = alarmsOf(name).find(([each]) => each.startsWith('MonitoringNoWorkers')) ?? []
    const stats: { Id: string }[] = alarm.Metrics.filter(
      ({ MetricStat }: { MetricStat?: object }) => MetricStat,
    )
    const { Expression } = alarm.Metrics.find((each: { Expression?: string }) => each.Expression)
    const ids = stats.map(({ Id }) => Id)
    const evaluate = new Function('FILL', 'IF', ...ids, `return ${Expression.replaceAll(' AND ', ' && ')}`)
    const fill = (value: number | undefined, filler: number) => value ?? filler
    const choose = (condition: boolean, yes: number, no: number) => (condition ? yes : no)
    const valueWhile = (paused: number | undefined) => {
      const values: Readonly<Record<string, number | undefined>> = { ready: 5, slots: 0, paused }
      return evaluate(fill, choose, ...ids.map((each) => values[each]))
    }
    expect(valueWhile(undefined)).toBe(1)
    expect(valueWhile(60)).toBe(0)
    expect(alarm.Metrics).toContainEqual(
      expect.objectContaining({ Id: 'paused', MetricStat: expect.objectContaining({ Stat: 'Maximum' }) }),
    )
  })

  // the probe does not emit it then: test/services/probe-metrics.test.ts
  test('a pause is no reason for the alarm NoProgress: it has no point while BacklogPerSlot has none', () => {
    const [, alarm] = alarmsOf(name).find(([each]) => each.startsWith('MonitoringNoProgress')) ?? []
    const { Expression } = alarm.Metrics.find((each: { Expression?: string }) => each.Expression)
    expect(Expression).toMatch(/^IF\(perSlot > 0 AND /)
    expect(alarm.Metrics).toContainEqual(
      expect.objectContaining({
        Id: 'perSlot',
        MetricStat: expect.objectContaining({
          Metric: expect.objectContaining({ MetricName: 'BacklogPerSlot' }),
        }),
      }),
    )
    expect(alarm.TreatMissingData).toBe('ignore')
  })

  test('what silence means is said, and only the probe’s own is an alarm', () => {
    const treatments = alarmsOf(name).map(([id, { TreatMissingData }]) => [id, TreatMissingData] as const)
    expect(treatments.filter(([, treatment]) => treatment === undefined)).toEqual([])
    const breaching = treatments.filter(([, treatment]) => treatment === 'breaching')
    expect(breaching.map(([id]) => id)).toEqual([expect.stringContaining('ProbeSilent')])
  })

  test('no alarm looks back further than CloudWatch does, which is a day', () => {
    for (const [id, { EvaluationPeriods, Period, Metrics }] of alarmsOf(name)) {
      const ofMetric = Metrics?.find((each: { MetricStat?: object }) => each.MetricStat)?.MetricStat.Period
      const period = Period ?? ofMetric ?? Metrics[0].Period
      expect(EvaluationPeriods * period, id).toBeLessThanOrEqual(86_400)
    }
  })

  test('every metric that is asked for is on the list of ours, or one of AWS’s, with such dimensions', () => {
    for (const { by, namespace, name: metric, dimensions } of askedMetrics(name)) {
      const aws = ofAws[namespace]
      const known: Readonly<Record<string, Metric>> = metrics
      const sets = aws ? (aws.slice(1) as string[][]) : (known[metric]?.dimensions ?? [])
      expect(aws?.[0] ?? Object.keys(metrics), by).toContain(metric)
      expect(
        sets.map((set) => set.toSorted()),
        `${metric} in ${by}`,
      ).toContainEqual(Object.keys(dimensions).toSorted())
    }
  })

  test('the dashboard asks its questions from top to bottom, and each row is full', () => {
    const widgets = widgetsOf(name)
    const questions = widgets.flatMap(({ type, properties }) =>
      type === 'text' ? [/^## (.+)$/m.exec(properties.markdown)?.[1]] : [],
    )
    expect(questions).toEqual([
      'Is work flowing?',
      'Is it fair?',
      'How long do tasks wait?',
      'Is it keeping up: does it scale?',
      'What is failing?',
      'Is the broker well?',
      'Can clients hand in their tasks?',
      ...(schedules.length > 0 ? ['Do the schedules run?'] : []),
      'What does it cost?',
    ])
    const rows = Map.groupBy(widgets, ({ y }: Widget) => y)
    for (const row of rows.values()) expect(row.reduce((sum, { width }) => sum + width, 0)).toBe(24)
  })

  test('the alarms of the work queue stand on its dashboard', () => {
    const [{ properties } = { properties: { alarms: [] } }] = widgetsOf(name)
    const shown = all.filter(([id]) => id.startsWith('Monitoring'))
    expect(properties.alarms).toHaveLength(shown.length)
  })
})

test('the table of metrics in the docs is that of the list', () => {
  const rows = Object.entries(metrics as Readonly<Record<string, Metric>>).map(
    ([name, { source, unit, dimensions, meaning }]) =>
      `| \`${name}\` | ${source} | ${unit} | ${dimensions.map((set) => set.join(', ')).join('; ')} | ${meaning} |`,
  )
  const inDocs = read('docs/metrics.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  expect(inDocs).toEqual(rows)
})

test('the pictures that the docs show are there', () => {
  const shown = [...read('docs/metrics.md').matchAll(/\]\(([^)]+\.(?:svg|png))\)/g)].map(
    ([, file = '']) => file,
  )
  expect(shown).not.toEqual([])
  for (const file of shown)
    expect(existsSync(resolve(import.meta.dirname, '../../docs', file)), file).toBe(true)
})
