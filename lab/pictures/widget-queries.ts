import type { Query } from './cloudwatch.ts'

/** A line of a graph. */
export interface Line extends Query {
  readonly label: string
  readonly color: string | undefined
  readonly visible: boolean
  /** In seconds, where it is not the graph's. */
  readonly period: number | undefined
}

// biome-ignore lint/suspicious/noExplicitAny: JSON of a dashboard or template
type Json = any

/** The `metrics` of a graph: `[namespace, name, dimension, value, …, options]` or `[{ expression, … }]`. */
export function linesOf(rows: readonly Json[][]): Line[] {
  return rows.map((row) => {
    const last: Json = row.at(-1)
    const options: Json = typeof last === 'object' ? last : {}
    const [namespace = '', name = '', ...pairs]: string[] = row.filter((part) => typeof part === 'string')
    const dimensions = Object.fromEntries(
      pairs.flatMap((value, index) => (index % 2 === 1 ? [[pairs[index - 1], value]] : [])),
    )
    const { id, expression, stat, label = name, color, visible = true, period } = options
    const what = expression ? { expression } : { metric: { namespace, name, dimensions } }
    return { ...what, id, label, color, visible, period, ...(stat ? { stat } : {}) }
  })
}

/** What an alarm looks at: the list, of which the last decides. */
export function alarmQueries({ Metrics, ...alarm }: Json): {
  readonly all: Query[]
  readonly period: number
} {
  const one = ({ Namespace: namespace, MetricName: name, Dimensions = [] }: Json) => ({
    namespace,
    name,
    dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }: Json) => [Name, Value])),
  })
  if (!Metrics) {
    const stat = alarm.Statistic ?? alarm.ExtendedStatistic
    return { all: [{ metric: one(alarm), stat }], period: alarm.Period }
  }
  const stats: Json[] = Metrics.filter(({ MetricStat }: Json) => MetricStat)
  const expression = Metrics.find(({ ReturnData }: Json) => ReturnData)
  return {
    all: [
      ...stats.map(({ Id: id, MetricStat }) => ({
        id,
        metric: one(MetricStat.Metric),
        stat: MetricStat.Stat,
      })),
      { expression: expression.Expression },
    ],
    period: stats[0].MetricStat.Period,
  }
}
