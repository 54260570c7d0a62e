import { actionSeconds, evaluationSeconds, metricSeconds } from './parameters.ts'
import type { ScalingPolicy, TargetTracking } from './scaling-policy.ts'
import { isBeyond, type StepScaling } from './step-policy.ts'

/**
 * What a policy makes of its metric, told each data point. Gives the capacity that it wants; `now` where it wants no
 * other.
 */
export type Decide = (second: number, value: number, now: number) => number

export interface Limits {
  readonly min: number
  readonly max: number
}

/**
 * Application Auto Scaling as far as AWS says how it works.
 * @param everySeconds from one data point to the next: a minute for target tracking, whose alarms are AWS's own
 */
export function createScaling(policy: ScalingPolicy, limits: Limits, everySeconds = metricSeconds): Decide {
  return policy.kind === 'target tracking'
    ? createTracker(policy, limits)
    : createStepper(policy, limits, everySeconds)
}

const within = (capacity: number, { min, max }: Limits) => Math.min(max, Math.max(min, capacity))

/** Data points of a minute that must be above the target until there are more tasks, and clearly below until there are fewer. */
const points = { out: 3, in: 15 }

/**
 * Target tracking: an alarm over three minutes above the target and one over fifteen minutes below 90 % of it, capacity
 * in proportion to the metric and rounded up. During the cooldown after a scale-out only a larger one is made, and what
 * was added counts as part of it. Its formula is not published; it may scale in more slowly than this.
 * https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
 */
export function createTracker(policy: TargetTracking, limits: Limits): Decide {
  const { target } = policy
  const values: number[] = []
  let out = { at: -Infinity, from: 0 }
  let any = -Infinity
  return (second, value, now) => {
    values.push(value)
    if (values.length > points.in) values.shift()
    const high = values.length >= points.out && values.slice(-points.out).every((each) => each > target)
    if (high) {
      const cooling = second - out.at < policy.scaleOutCooldown
      const wanted = within(Math.ceil(((cooling ? out.from : now) * value) / target), limits)
      if (wanted <= now) return now
      if (!cooling) out = { at: second, from: now }
      any = second
      return wanted
    }
    const low = values.length >= points.in && values.every((each) => each < 0.9 * target)
    const wanted = within(Math.ceil((now * value) / target), limits)
    if (!policy.scalesIn || !low || wanted >= now || second - any < policy.scaleInCooldown) return now
    any = second
    return wanted
  }
}

/**
 * Step scaling. Its alarm is looked at over its last periods, and calls the policy when it goes on, then each minute
 * while it is on. A scale-in waits until the cooldown after the last change is over; a scale-out during its own cooldown
 * adds only what is more than the one before.
 * https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
 */
export function createStepper(policy: StepScaling, limits: Limits, everySeconds: number): Decide {
  const alarm = createAlarm(policy, everySeconds)
  let last = { at: -Infinity, change: 0 }
  return (second, value, now) => {
    const latest = alarm(second, value)
    if (latest === undefined) return now
    const beyond = latest - policy.threshold
    const step = policy.steps.find(({ from, to }) => (beyond >= from && beyond < to) || beyond === to)
    const change = changeOf(policy, step?.change ?? 0, now)
    const cooling = second - last.at < policy.cooldown
    const wanted = within(now + change - (cooling && change > 0 ? last.change : 0), limits)
    if (wanted === now || (cooling && (change < 0 || wanted < now))) return now
    last = { at: cooling ? last.at : second, change }
    return wanted
  }
}

/** A CloudWatch alarm with a scaling action: the latest period's value whenever it calls the action. */
function createAlarm(policy: StepScaling, everySeconds: number) {
  const { periods, periodSeconds, statistic } = policy
  const points = periodSeconds / everySeconds
  const between = evaluationSeconds(periodSeconds)
  const values: number[] = []
  let [looks, calledAt] = [0, -Infinity]
  return (second: number, value: number): number | undefined => {
    values.push(value)
    if (values.length > periods * points) values.shift()
    looks += 1
    if ((looks * everySeconds) % between !== 0) return
    const windows = Array.from({ length: periods }, (_, back) => {
      const end = values.length - back * points
      return summary(values.slice(Math.max(0, end - points), Math.max(0, end)), statistic)
    })
    const on = windows.every((each) => isBeyond(policy, each))
    if (!on) calledAt = -Infinity
    // times are sums of fractions
    if (!on || Math.round(second - calledAt) < actionSeconds) return
    calledAt = second
    return windows[0]
  }
}

/** NaN, which is beyond nothing, where there is no data. */
function summary(values: readonly number[], statistic: StepScaling['statistic']): number {
  if (values.length === 0) return Number.NaN
  if (statistic === 'Maximum') return Math.max(...values)
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Percent are rounded towards zero, but to one task at least; of no task they are none. */
function changeOf({ percent, least }: StepScaling, change: number, now: number): number {
  if (!percent || change === 0) return change
  if (now === 0 && least === 0) return 0
  return Math.sign(change) * Math.max(least, 1, Math.trunc(Math.abs((now * change) / 100)))
}
