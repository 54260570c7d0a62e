import { Metrics } from '@aws-lambda-powertools/metrics'
import { type Dimension, type MetricName, metrics } from './metrics.ts'

/** One number, or those of several events; CloudWatch makes sums, averages and percentiles of them. */
export type MetricValues = Partial<Record<MetricName, number | readonly number[]>>

/**
 * Writes metrics of the list, with just the dimensions that the list gives them.
 * @param dimensions a value for each dimension of these metrics; never empty.
 */
export type Emit = (dimensions: Partial<Record<Dimension, string>>, values: MetricValues) => void

// at 100 the library writes a line by itself, and what comes after it would have no dimensions
const valuesPerLine = 99

/** An emitter that writes to stdout, in the embedded metric format: one line for metrics with the same dimensions. */
export function createEmitter(namespace: string): Emit {
  // its warnings are for other uses: it minds a dimension that two sets share
  const powertools = new Metrics({ namespace, logger: { ...console, warn: () => undefined } })
  // it adds a dimension of its own, `service`, and no alarm of ours would find the metric
  powertools.clearDefaultDimensions()
  return (given, values) => {
    const names = Object.keys(values) as MetricName[]
    for (const [sets, group] of Map.groupBy(names, (name) => metrics[name].dimensions)) {
      const all = group.map((name) => ({ name, values: [values[name] ?? []].flat() }))
      const longest = Math.max(...all.map((metric) => metric.values.length))
      for (let from = 0; from < longest; from += valuesPerLine) {
        for (const set of sets) powertools.addDimensions(pick(given, set))
        for (const { name, values } of all)
          for (const value of values.slice(from, from + valuesPerLine))
            powertools.addMetric(name, metrics[name].unit, value)
        powertools.publishStoredMetrics()
      }
    }
  }
}

function pick(given: Partial<Record<Dimension, string>>, set: readonly Dimension[]): Record<string, string> {
  return Object.fromEntries(
    set.map((name) => {
      const value = given[name]
      if (!value) throw new Error(`no value given for metric dimension ${name}`)
      return [name, value]
    }),
  )
}
