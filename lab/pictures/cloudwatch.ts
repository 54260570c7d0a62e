import type { EmittedMetric } from '../../test/support/emitted-metrics.ts'

/** One value per period, oldest first; undefined where there is no data. */
export type Series = readonly (number | undefined)[]

/** A metric, or a math expression over others of the same list, as dashboards and alarms have them. */
export interface Query {
  readonly id?: string | undefined
  readonly expression?: string
  readonly metric?: {
    readonly namespace: string
    readonly name: string
    readonly dimensions: Readonly<Record<string, string>>
  }
  readonly stat?: string
}

/** What CloudWatch does with metrics, as far as our dashboard and alarms ask for it. */
export class Metrics {
  readonly #byKey = new Map<string, { readonly time: number; readonly values: readonly number[] }[]>()
  readonly #from: number
  readonly #to: number

  /** @param from and `to` of what is looked at, in milliseconds since 1970 */
  constructor(metrics: readonly EmittedMetric[], from: number, to: number) {
    for (const { namespace, name, dimensions, time, values } of metrics) {
      const key = keyOf(namespace, name, dimensions)
      this.#byKey.set(key, [...(this.#byKey.get(key) ?? []), { time, values }])
    }
    this.#from = from
    this.#to = to
  }

  /** @param periodMs length of a period */
  series(
    { metric, stat = 'Average', expression }: Query,
    others: readonly Query[],
    periodMs: number,
  ): Series {
    if (expression) return this.#math(expression, others, periodMs)
    if (!metric) return []
    const points = this.#byKey.get(keyOf(metric.namespace, metric.name, metric.dimensions)) ?? []
    const periods = Array.from({ length: Math.floor((this.#to - this.#from) / periodMs) }, (): number[] => [])
    for (const { time, values } of points)
      periods[Math.floor((time - this.#from) / periodMs)]?.push(...values)
    return periods.map((values) => (values.length === 0 ? undefined : statistic(stat, values)))
  }

  /** All of our functions look at one moment at a time, so that an expression is one of JavaScript's once AND is &&. */
  #math(expression: string, others: readonly Query[], periodMs: number): Series {
    const ids = [...new Set(expression.match(/\b[a-z]\w*/g) ?? [])]
    const inputs = ids.map((id) => {
      const query = others.find((other) => other.id === id)
      if (!query) throw new Error(`${expression} asks for ${id}, which is not in the list`)
      return this.series(query, others, periodMs)
    })
    const script = expression.replaceAll(/\bAND\b/g, '&&').replaceAll(/\bOR\b/g, '||')
    const evaluate = new Function('FILL', 'MAX', 'IF', ...ids, `return ${script}`)
    return Array.from({ length: inputs[0]?.length ?? 0 }, (_, at) => {
      const value = Number(evaluate(fill, highest, choose, ...inputs.map((input) => input[at])))
      return Number.isFinite(value) ? value : undefined
    })
  }
}

const fill = (value: number | undefined, filler: number) => value ?? filler
const choose = (condition: boolean, yes: number, no: number) => (condition ? yes : no)
const highest = (values: readonly (number | undefined)[]) => {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

function statistic(stat: string, values: readonly number[]): number {
  const sum = () => values.reduce((total, value) => total + value, 0)
  const [, percentile] = /^p(\d+)$/.exec(stat) ?? []
  if (percentile) {
    const sorted = values.toSorted((a, b) => a - b)
    return sorted[Math.ceil((Number(percentile) / 100) * sorted.length) - 1] ?? Number.NaN
  }
  const found = {
    Sum: sum,
    Average: () => sum() / values.length,
    SampleCount: () => values.length,
    Minimum: () => Math.min(...values),
    Maximum: () => Math.max(...values),
  }[stat]
  if (!found) throw new Error(`statistic ${stat} is not known here`)
  return found()
}

function keyOf(namespace: string, name: string, dimensions: Readonly<Record<string, string>>): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).toSorted()])
}
