import type { JsonLine } from './child.ts'
import type { Deployed, Deployment } from './resolve.ts'

/** A target-tracking policy of the template and what it scales. */
export interface Policy {
  readonly service: string
  readonly metric: {
    readonly namespace: string
    readonly name: string
    readonly dimensions: Readonly<Record<string, string>>
  }
  readonly target: number
  /** Seconds. */
  readonly scaleOutCooldown: number
  readonly scaleInCooldown: number
  readonly min: number
  readonly max: number
}

interface Tracking {
  readonly CustomizedMetricSpecification: {
    readonly Namespace: string
    readonly MetricName: string
    readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[]
  }
  readonly TargetValue: number
  readonly ScaleOutCooldown?: number
  readonly ScaleInCooldown?: number
}

/** The policies of the template. */
export function policiesOf(deployment: Deployment): Policy[] {
  const tracking = deployment
    .all('AWS::ApplicationAutoScaling::ScalingPolicy')
    .filter(({ properties }) => properties['PolicyType'] === 'TargetTrackingScaling')
  return tracking.map(({ path, properties }) => {
    const config = properties['TargetTrackingScalingPolicyConfiguration'] as Tracking
    const { Namespace, MetricName, Dimensions = [] } = config.CustomizedMetricSpecification
    const target = deployment.byId(String(properties['ScalingTargetId']))
    if (!target) throw new Error(`${path} scales ${properties['ScalingTargetId']}, which is not there`)
    return {
      service: serviceOf(target),
      metric: {
        namespace: Namespace,
        name: MetricName,
        dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
      },
      target: config.TargetValue,
      scaleOutCooldown: config.ScaleOutCooldown ?? 300,
      scaleInCooldown: config.ScaleInCooldown ?? 300,
      min: Number(target.properties['MinCapacity']),
      max: Number(target.properties['MaxCapacity']),
    }
  })
}

/** `service/<cluster>/<service>` */
function serviceOf({ properties }: Deployed): string {
  return String(properties['ResourceId']).split('/')[2] ?? ''
}

/** The value of a policy's metric in a line of CloudWatch's embedded metric format; undefined where it is another's. */
export function metricIn(
  line: JsonLine,
  { namespace, name, dimensions }: Policy['metric'],
): number | undefined {
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

/** Data points of a minute that must be above the target until there are more tasks, and clearly below until there are fewer. */
const points = { out: 3, in: 15 }

/**
 * Application Auto Scaling's target tracking as far as AWS says how it works: an alarm over three minutes above the target
 * and one over fifteen minutes below 90 % of it, capacity in proportion to the metric and rounded up, cooldowns. Its
 * formula is not published; it may scale in more slowly than this.
 * https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
 */
export function makeTracker(policy: Policy): (second: number, value: number, now: number) => number {
  const { target, min, max } = policy
  const values: number[] = []
  let out = -Infinity
  let any = -Infinity
  return (second, value, now) => {
    values.push(value)
    const wanted = Math.min(max, Math.max(min, Math.ceil((now * value) / target)))
    const high = values.length >= points.out && values.slice(-points.out).every((each) => each > target)
    if (high && wanted > now && second - out >= policy.scaleOutCooldown) {
      out = second
      any = second
      return wanted
    }
    const low = values.length >= points.in && values.slice(-points.in).every((each) => each < 0.9 * target)
    if (low && wanted < now && second - any >= policy.scaleInCooldown) {
      any = second
      return wanted
    }
    return now
  }
}
