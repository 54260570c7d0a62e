import type { Placed } from '../../ops/assembly.ts'
import { mentions } from '../../ops/fargate.ts'
import { type Dimension, defaultCooldown, type Metric, metricOf } from './metric.ts'
import { type StepScaling, stepScaling } from './step-policy.ts'

export interface TargetTracking {
  readonly kind: 'target tracking'
  readonly metric: Metric
  readonly target: number
  /** Seconds. */
  readonly scaleOutCooldown: number
  readonly scaleInCooldown: number
  /** Whether it takes tasks away too. */
  readonly scalesIn: boolean
}

export type ScalingPolicy = TargetTracking | StepScaling

/** What Application Auto Scaling may do to one ECS service. */
export interface Scaling {
  readonly target: Placed
  readonly min: number
  readonly max: number
  readonly policies: readonly ScalingPolicy[]
}

/**
 * The scaling that templates say, whoever wrote them: references may be as the template has them or resolved.
 * @throws Error for what the simulator does not know
 */
export function scalingsOf(resources: readonly Placed[]): Scaling[] {
  const of = (type: string) => resources.filter(({ Type }) => Type === type)
  const policies = of('AWS::ApplicationAutoScaling::ScalingPolicy')
  const alarms = of('AWS::CloudWatch::Alarm')
  return of('AWS::ApplicationAutoScaling::ScalableTarget').map((target) => ({
    target,
    min: Number(target.Properties?.['MinCapacity']),
    max: Number(target.Properties?.['MaxCapacity']),
    policies: policies
      .filter((policy) => mentions(policy, `"${target.logicalId}"`))
      .flatMap((policy) => policyOf(policy, alarms)),
  }))
}

function policyOf(policy: Placed, alarms: readonly Placed[]): ScalingPolicy[] {
  if (policy.Properties?.['PolicyType'] === 'TargetTrackingScaling') return [targetTracking(policy)]
  return alarms
    .filter(({ Properties }) =>
      JSON.stringify(Properties?.['AlarmActions'] ?? []).includes(`"${policy.logicalId}"`),
    )
    .map((alarm) => stepScaling(policy, alarm))
}

interface Tracking {
  readonly CustomizedMetricSpecification?: {
    readonly Namespace: string
    readonly MetricName: string
    readonly Dimensions?: readonly Dimension[]
  }
  readonly PredefinedMetricSpecification?: { readonly PredefinedMetricType: string }
  readonly TargetValue: number
  readonly ScaleOutCooldown?: number
  readonly ScaleInCooldown?: number
  readonly DisableScaleIn?: boolean
}

function targetTracking({ logicalId, Properties }: Placed): TargetTracking {
  const config = Properties?.['TargetTrackingScalingPolicyConfiguration'] as Tracking
  const custom = config.CustomizedMetricSpecification
  const predefined = config.PredefinedMetricSpecification?.PredefinedMetricType
  if (!custom && predefined !== 'ECSServiceAverageCPUUtilization')
    throw new Error(
      `${logicalId} tracks ${predefined}: the simulator knows ECSServiceAverageCPUUtilization and metrics of one name`,
    )
  return {
    kind: 'target tracking',
    metric: custom ? metricOf(custom.Namespace, custom.MetricName, custom.Dimensions) : 'cpu',
    target: config.TargetValue,
    scaleOutCooldown: config.ScaleOutCooldown ?? defaultCooldown,
    scaleInCooldown: config.ScaleInCooldown ?? defaultCooldown,
    scalesIn: config.DisableScaleIn !== true,
  }
}
