import { resolver } from '../infra/resolve.ts'
import { type EnvironmentName, resourcesOf, templates } from '../infra/synth.ts'

/** A metric that a template asks CloudWatch for. */
export interface AskedMetric {
  /** The alarm, scaling policy or widget that asks. */
  readonly by: string
  readonly namespace: string
  readonly name: string
  readonly dimensions: Readonly<Record<string, string>>
}

/** A widget of a dashboard's body: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
export interface Widget {
  readonly type: 'text' | 'metric' | 'alarm' | 'log'
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  // biome-ignore lint/suspicious/noExplicitAny: what it has depends on its type
  readonly properties: any
}

// biome-ignore lint/suspicious/noExplicitAny: a template's properties have whatever shape their type has
type Properties = any

function resolved(environment: EnvironmentName, type: string): [string, Properties][] {
  const both = templates(environment)
  return [both.foundation, both.workQueue].flatMap((template) => {
    const resolve = resolver(template, both)
    return resourcesOf(template, type).map(([id, { Properties }]): [string, Properties] => [
      id,
      resolve(Properties),
    ])
  })
}

/** The alarms of both stacks, by logical id. */
export const alarmsOf = (environment: EnvironmentName) => resolved(environment, 'AWS::CloudWatch::Alarm')
export const compositeAlarmsOf = (environment: EnvironmentName) =>
  resolved(environment, 'AWS::CloudWatch::CompositeAlarm')

/** The widgets of the dashboard, top to bottom. */
export function widgetsOf(environment: EnvironmentName): Widget[] {
  return resolved(environment, 'AWS::CloudWatch::Dashboard').flatMap(
    ([, { DashboardBody }]) => JSON.parse(DashboardBody).widgets,
  )
}

/** Every metric that alarms, scaling policies and the dashboard of an environment ask for. */
export function askedMetrics(environment: EnvironmentName): AskedMetric[] {
  const policies = resolved(environment, 'AWS::ApplicationAutoScaling::ScalingPolicy')
  return [
    ...alarmsOf(environment).flatMap(([id, alarm]) => ofStatistics(id, alarm)),
    ...policies.flatMap(([id, { TargetTrackingScalingPolicyConfiguration: tracking }]) =>
      tracking ? ofStatistics(id, tracking.CustomizedMetricSpecification) : [],
    ),
    ...widgetsOf(environment).flatMap(({ properties: { title, metrics = [] } }) => ofWidget(title, metrics)),
  ]
}

/** Of what has one metric itself, or several in `Metrics`. */
function ofStatistics(by: string, { Metrics, ...itself }: Properties): AskedMetric[] {
  const stats: Properties[] = Metrics
    ? Metrics.flatMap(({ MetricStat }: Properties) => (MetricStat ? [MetricStat.Metric] : []))
    : [itself]
  const queries = (Metrics ?? []).flatMap(({ Expression = '' }: Properties) => ofQuery(by, Expression))
  return [
    ...queries,
    ...stats.map(({ Namespace, MetricName, Dimensions = [] }) => ({
      by,
      namespace: Namespace,
      name: MetricName,
      dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }: Properties) => [Name, Value])),
    })),
  ]
}

/** Of a query of CloudWatch's Metrics Insights; a dimension that it does not narrow down is `*`. */
function ofQuery(by: string, query: string): AskedMetric[] {
  const asked =
    /^SELECT \w+\((\w+)\) FROM SCHEMA\("([^"]+)", ([\w, ]+)\) WHERE ((?:\w+ = '[^']+'(?: AND )?)+)$/.exec(
      query,
    )
  if (!asked) {
    if (/^SELECT/i.test(query)) throw new Error(`${by} asks in a way that this test does not know: ${query}`)
    return []
  }
  const [, name = '', namespace = '', dimensions = '', where = ''] = asked
  const narrowed = Object.fromEntries(
    [...where.matchAll(/(\w+) = '([^']+)'/g)].map(([, key = '', value = '']) => [key, value]),
  )
  return [
    {
      ...{ by, namespace, name },
      dimensions: Object.fromEntries(dimensions.split(', ').map((key) => [key, narrowed[key] ?? '*'])),
    },
  ]
}

/** `[namespace, name, dimension, value, …, options]`, or `[{ expression }]`. */
function ofWidget(by: string, rows: readonly (string | object)[][]): AskedMetric[] {
  return rows.flatMap((row) => {
    const [namespace, name, ...pairs] = row.filter((part) => typeof part === 'string')
    if (namespace === undefined || name === undefined) return []
    const dimensions = Object.fromEntries(
      pairs.flatMap((value, index) => (index % 2 === 1 ? [[pairs[index - 1], value]] : [])),
    )
    return [{ by, namespace, name, dimensions }]
  })
}
