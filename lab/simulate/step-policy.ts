import type { Placed } from '../../ops/assembly.ts'
import { type Dimension, defaultCooldown, type Metric, metricOf } from './metric.ts'

/** A step, as bounds of metric − threshold. */
interface Step {
  readonly from: number
  readonly to: number
  readonly change: number
}

/** A step scaling policy with the alarm that calls it. */
export interface StepScaling {
  readonly kind: 'step scaling'
  readonly metric: Metric
  readonly threshold: number
  readonly comparison: Comparison
  /** Of the alarm: its period in seconds, and how many periods must be beyond the threshold. */
  readonly periodSeconds: number
  readonly periods: number
  readonly statistic: 'Average' | 'Maximum'
  readonly steps: readonly Step[]
  /** Whether changes are percent of the capacity. */
  readonly percent: boolean
  /** A change in percent comes to at least so many tasks, of no task too; 0 where the policy does not say. */
  readonly least: number
  /** Seconds. */
  readonly cooldown: number
}

const comparisons = {
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
}
export type Comparison = keyof typeof comparisons

export const isBeyond = ({ comparison, threshold }: StepScaling, value: number) =>
  comparisons[comparison](value, threshold)

interface Steps {
  readonly AdjustmentType: string
  readonly Cooldown?: number
  readonly MinAdjustmentMagnitude?: number
  readonly StepAdjustments: readonly {
    readonly MetricIntervalLowerBound?: number
    readonly MetricIntervalUpperBound?: number
    readonly ScalingAdjustment: number
  }[]
}

/** @throws Error for what the simulator does not know */
export function stepScaling(policy: Placed, alarm: Placed): StepScaling {
  const config = policy.Properties?.['StepScalingPolicyConfiguration'] as Steps
  const watched = alarm.Properties ?? {}
  const known = (name: string, seen: unknown, values: readonly unknown[]) => {
    if (!values.includes(seen))
      throw new Error(
        `${alarm.logicalId}: the simulator knows no ${name} ${JSON.stringify(seen)}, only ${values.join(', ')}`,
      )
  }
  const periods = Number(watched['EvaluationPeriods'])
  known('ComparisonOperator', watched['ComparisonOperator'], Object.keys(comparisons))
  known('Statistic', watched['Statistic'], ['Average', 'Maximum'])
  known('DatapointsToAlarm', watched['DatapointsToAlarm'] ?? periods, [periods])
  known('AdjustmentType', config.AdjustmentType, ['ChangeInCapacity', 'PercentChangeInCapacity'])
  return {
    kind: 'step scaling',
    metric: metricOf(
      String(watched['Namespace']),
      String(watched['MetricName']),
      watched['Dimensions'] as readonly Dimension[] | undefined,
    ),
    threshold: Number(watched['Threshold']),
    comparison: watched['ComparisonOperator'] as Comparison,
    periodSeconds: Number(watched['Period']),
    periods,
    statistic: watched['Statistic'] as StepScaling['statistic'],
    steps: config.StepAdjustments.map((step) => ({
      from: step.MetricIntervalLowerBound ?? -Infinity,
      to: step.MetricIntervalUpperBound ?? Infinity,
      change: step.ScalingAdjustment,
    })),
    percent: config.AdjustmentType === 'PercentChangeInCapacity',
    least: config.MinAdjustmentMagnitude ?? 0,
    cooldown: config.Cooldown ?? defaultCooldown,
  }
}
