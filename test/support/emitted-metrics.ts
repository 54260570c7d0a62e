/** A metric that a service has written, as CloudWatch reads it out of a line. */
export interface EmittedMetric {
  readonly namespace: string
  readonly name: string
  readonly dimensions: Readonly<Record<string, string>>
  readonly unit: string
  readonly values: readonly number[]
  /** Milliseconds since 1970. */
  readonly time: number
}

interface EmbeddedMetrics {
  readonly _aws: {
    readonly Timestamp: number
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string
      readonly Dimensions: readonly (readonly string[])[]
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[]
    }[]
  }
  readonly [field: string]: unknown
}

/**
 * The metrics in a log line, each as often as it has sets of dimensions; none in any other line.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function emittedMetrics(line: object): EmittedMetric[] {
  if (!('_aws' in line)) return []
  const { _aws, ...fields } = line as EmbeddedMetrics
  return _aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((set) =>
      Metrics.map(({ Name, Unit }) => ({
        namespace: Namespace,
        name: Name,
        dimensions: Object.fromEntries(set.map((dimension) => [dimension, String(fields[dimension])])),
        unit: Unit,
        values: [fields[Name] as number | number[]].flat(),
        time: _aws.Timestamp,
      })),
    ),
  )
}
