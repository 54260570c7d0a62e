import type { CustomMetric } from '../simulate/metric.ts'
import { type ScalingPolicy, scalingsOf } from '../simulate/scaling-policy.ts'
import type { JsonLine } from './child.ts'
import type { Deployment } from './resolve.ts'

/** The scaling of a service as the template has it. */
export interface ServiceScaling {
  readonly service: string
  readonly min: number
  readonly max: number
  readonly policies: readonly (ScalingPolicy & { readonly metric: CustomMetric })[]
}

/** @throws Error for a policy on a metric that nothing of ours emits */
export function scalingOf(deployment: Deployment): ServiceScaling[] {
  const types = [
    'ApplicationAutoScaling::ScalableTarget',
    'ApplicationAutoScaling::ScalingPolicy',
    'CloudWatch::Alarm',
  ]
  const resources = types
    .flatMap((type) => deployment.all(`AWS::${type}`))
    .map(({ id, type, stack, properties }) => ({ logicalId: id, Type: type, stack, Properties: properties }))
  return scalingsOf(resources).map(({ target, min, max, policies }) => ({
    // service/<cluster>/<service>
    service: String(target.Properties?.['ResourceId']).split('/')[2] ?? '',
    ...{ min, max },
    policies: policies.map((policy) => {
      if (policy.metric === 'cpu')
        throw new Error(`${target.logicalId} follows CPU, which nothing of ours emits`)
      return { ...policy, metric: policy.metric }
    }),
  }))
}

/** The value of a policy's metric in a line of CloudWatch's embedded metric format; undefined where it is another's. */
export function metricIn(line: JsonLine, { namespace, name, dimensions }: CustomMetric): number | undefined {
  const { CloudWatchMetrics = [] } = (line['_aws'] ?? {}) as {
    CloudWatchMetrics?: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[]
  }
  const wanted = Object.keys(dimensions).sort().join()
  const found = CloudWatchMetrics.some(
    ({ Namespace, Dimensions, Metrics }) =>
      Namespace === namespace &&
      Metrics.some(({ Name }) => Name === name) &&
      Dimensions.some((set) => set.toSorted().join() === wanted),
  )
  const same = Object.entries(dimensions).every(([key, value]) => line[key] === value)
  const value = [line[name]].flat()[0]
  return found && same && typeof value === 'number' ? value : undefined
}
