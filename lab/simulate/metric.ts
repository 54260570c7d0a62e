/** What a scaling policy follows: a metric in CloudWatch, or ECS's own average CPU of the service. */
export type Metric = CustomMetric | 'cpu'

export interface CustomMetric {
  readonly namespace: string
  readonly name: string
  readonly dimensions: Readonly<Record<string, unknown>>
}

/** As policies and alarms have it in a template. */
export interface Dimension {
  readonly Name: string
  readonly Value: unknown
}

export function metricOf(
  namespace: string,
  name: string,
  dimensions: readonly Dimension[] = [],
): CustomMetric {
  return {
    namespace,
    name,
    dimensions: Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value])),
  }
}

/** Of a policy that names none, in seconds: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-applicationautoscaling-scalingpolicy-stepscalingpolicyconfiguration.html */
export const defaultCooldown = 300
