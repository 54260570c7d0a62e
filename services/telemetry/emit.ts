import { Metrics } from '@aws-lambda-powertools/metrics'
import { type Dimension, type MetricName, metrics } from '../contract/metrics.ts'

/** One number, or those of several events; CloudWatch makes sums, averages and percentiles of them. */
export type MetricValues = Partial<Record<MetricName, number | readonly number[]>>

/**
 * Writes metrics of the list, with just those sets of dimensions of the list for which all values are given.
 * @param at when that was, in milliseconds since 1970; now unless given. CloudWatch takes what is up to two weeks old.
 * @throws Error for a metric that has no such set.
 */
export type Emit = (dimensions: Partial<Record<Dimension, string>>, values: MetricValues, at?: number) => void

/** How many values of one metric a line can have: at 100 the library writes by itself, without the dimensions. */
export const valuesPerLine = 99

/** An emitter that writes to stdout, in the embedded metric format: one line for metrics with the same dimensions. */
export function createEmitter(namespace: string): Emit {
  // its warnings are for other uses: it minds a dimension that two sets share
  const powertools = new Metrics({ namespace, logger: { ...console, warn: () => undefined } })
  // it adds a dimension of its own, `service`, and no alarm of ours would find the metric
  powertools.clearDefaultDimensions()
  return (given, values, at) => {
    const all = (Object.keys(values) as MetricName[]).map((name) => ({
      name,
      sets: setsOf(name, given),
      values: [values[name] ?? []].flat(),
    }))
    for (const group of Map.groupBy(all, ({ sets }) => sets.join()).values()) {
      const maxValues = Math.max(...group.map((metric) => metric.values.length))
      for (let from = 0; from < maxValues; from += valuesPerLine) {
        if (at !== undefined) powertools.setTimestamp(at)
        for (const set of group[0]?.sets ?? []) powertools.addDimensions(pick(given, set))
        for (const { name, values } of group)
          for (const value of values.slice(from, from + valuesPerLine))
            powertools.addMetric(name, metrics[name].unit, value, metrics[name].resolution)
        powertools.publishStoredMetrics()
      }
    }
  }
}

type Given = Parameters<Emit>[0]

function setsOf(name: MetricName, given: Given): (readonly Dimension[])[] {
  const all: readonly (readonly Dimension[])[] = metrics[name].dimensions
  const sets = all.filter((set) => set.every((dimension) => given[dimension]))
  if (sets.length > 0) return sets
  throw new Error(
    `metric ${name} needs dimensions ${all.map((set) => set.join(' and ')).join(', or ')}: given ${Object.keys(given).join(', ')}`,
  )
}

function pick(given: Given, set: readonly Dimension[]): Record<string, string> {
  return Object.fromEntries(set.map((name) => [name, given[name] ?? '']))
}
