import { Arn, ArnFormat, Duration, Stack, TimeZone } from 'aws-cdk-lib'
import * as scaling from 'aws-cdk-lib/aws-applicationautoscaling'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import { ApplicationScalingAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type * as ecs from 'aws-cdk-lib/aws-ecs'
import * as iam from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import type { WorkerClass } from '../settings/environment.ts'

export interface BacklogScalingProps {
  readonly service: ecs.FargateService
  readonly worker: WorkerClass
  /** From one of the probe's looks to the next, in seconds. */
  readonly probeSeconds: number
  /** The probe's BacklogPerSlot: tasks queued or running, per slot in service over all classes. */
  readonly backlogPerSlot: cloudwatch.Metric
  /** The probe's WakeUp of this class: 1 while it has no consumer and the backlog exceeds its threshold. */
  readonly wakeUp: cloudwatch.Metric
}

/** From which backlog per slot tasks are added, in multiples of a class's target, and how many, in percent. */
const scaleOut = [
  { from: 1, percent: 50 },
  { from: 3, percent: 200 },
  { from: 10, percent: 900 },
]

/**
 * Below which backlog per slot tasks are removed. It is 1.0 when all slots are busy and nothing waits. Below 0.7 nearly
 * a third of the slots are idle, so a fifth of the tasks can go; 0.4 lower, half of them.
 */
const scaleIn = { below: 0.7, percent: 20, deeper: 0.4, deeperPercent: 50 }

/**
 * Scales the ECS tasks of a service. Every class follows the same figure with its own target, so the class with the
 * lowest target grows first. No CPU policy: with prefetch 1 a busy worker is always at 100 %.
 *
 * Not target tracking: it would scale in whenever the figure is below the target, to tasks × figure / target, although
 * every slot is busy between 1.0 and the target. docs/scaling.md compares both.
 */
export class BacklogScaling extends Construct {
  private readonly target: scaling.ScalableTarget

  constructor(
    scope: Construct,
    id: string,
    { service, worker, probeSeconds, backlogPerSlot, wakeUp }: BacklogScalingProps,
  ) {
    super(scope, id)
    this.target = new scaling.ScalableTarget(this, 'Tasks', {
      serviceNamespace: scaling.ServiceNamespace.ECS,
      scalableDimension: 'ecs:service:DesiredCount',
      resourceId: `service/${service.cluster.clusterName}/${service.serviceName}`,
      minCapacity: worker.minTasks,
      maxCapacity: worker.maxTasks,
      role: serviceLinkedRole(this),
    })
    for (const [index, { cron, minTasks, timeZone }] of (worker.schedule ?? []).entries())
      this.target.scaleOnSchedule(`Time${index}`, {
        schedule: scaling.Schedule.expression(`cron(${cron})`),
        minCapacity: minTasks,
        ...(timeZone === undefined ? {} : { timeZone: TimeZone.of(timeZone) }),
      })
    const period = Duration.seconds(probeSeconds)
    this.out(worker, backlogPerSlot.with({ period }))
    this.in(worker, backlogPerSlot.with({ period }))
    if (worker.minTasks === 0) this.wakeUp(worker, wakeUp.with({ period }))
  }

  private out({ name, backlogPerSlot: target }: WorkerClass, metric: cloudwatch.IMetric): void {
    // a task counts as slots a good minute after it was requested; a larger step does not wait for that
    const action = this.percentage('Out', Duration.minutes(2))
    for (const [index, { from, percent }] of scaleOut.entries()) {
      const upTo = scaleOut[index + 1]?.from
      action.addAdjustment({
        adjustment: percent,
        lowerBound: (from - 1) * target,
        ...(upTo === undefined ? {} : { upperBound: (upTo - 1) * target }),
      })
    }
    this.alarm('OutAlarm', action, {
      metric,
      threshold: target,
      evaluationPeriods: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      alarmDescription: `Not a fault: the backlog is deep enough for more tasks of worker class "${name}". If it stays in alarm, look at the class's maxTasks and at the events of that ECS service. docs/runbook.md#scaling`,
    })
  }

  /**
   * Has the same period as the alarm that adds tasks: a slower one would still be on from the time before a burst, and
   * remove the new tasks again. Starting a task again costs a minute of work, so slots must have been idle for a while:
   * five readings a minute apart, or all readings of three minutes.
   */
  private in({ name }: WorkerClass, metric: cloudwatch.Metric): void {
    const { below, percent, deeper, deeperPercent } = scaleIn
    const action = this.percentage('In', Duration.minutes(2))
    action.addAdjustment({ adjustment: -percent, lowerBound: -deeper, upperBound: 0 })
    action.addAdjustment({ adjustment: -deeperPercent, upperBound: -deeper })
    this.alarm('InAlarm', action, {
      metric,
      threshold: below,
      evaluationPeriods: metric.period.toSeconds() < 60 ? 180 / metric.period.toSeconds() : 5,
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      alarmDescription: `Not a fault: slots stand idle, and worker class "${name}" goes down to its minTasks. If tasks wait nevertheless, look at the dashboard's row of slots. docs/runbook.md#scaling`,
    })
  }

  /** Percentages have no effect at zero: this adds the first task. */
  private wakeUp({ name }: WorkerClass, metric: cloudwatch.IMetric): void {
    const action = new scaling.StepScalingAction(this, 'WakeUp', {
      scalingTarget: this.target,
      adjustmentType: scaling.AdjustmentType.CHANGE_IN_CAPACITY,
      // the alarm acts each minute until the new task consumes; during this time it adds no second one
      cooldown: Duration.minutes(5),
    })
    action.addAdjustment({ adjustment: 1, lowerBound: 0 })
    this.alarm('WakeUpAlarm', action, {
      metric,
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      alarmDescription: `Not a fault: the backlog is deep enough to start the first task of worker class "${name}". If it stays in alarm, look at the events of that ECS service. docs/runbook.md#scaling`,
    })
  }

  /**
   * No minimum magnitude: less than one task is rounded to one anyway, and with it any backlog would start a class at
   * zero.
   */
  private percentage(id: string, cooldown: Duration): scaling.StepScalingAction {
    return new scaling.StepScalingAction(this, id, {
      scalingTarget: this.target,
      adjustmentType: scaling.AdjustmentType.PERCENT_CHANGE_IN_CAPACITY,
      cooldown,
    })
  }

  /** Without data nothing changes. */
  private alarm(id: string, action: scaling.StepScalingAction, props: cloudwatch.AlarmProps): void {
    const treatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING
    new cloudwatch.Alarm(this, id, { ...props, treatMissingData }).addAlarmAction(
      new ApplicationScalingAction(action),
    )
  }
}

/** The role that ECS services are always scaled with; made by AWS when it is first used in an account. */
function serviceLinkedRole(scope: Construct): iam.IRole {
  const roleArn = Arn.format(
    {
      service: 'iam',
      region: '',
      resource: 'role/aws-service-role/ecs.application-autoscaling.amazonaws.com',
      resourceName: 'AWSServiceRoleForApplicationAutoScaling_ECSService',
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    },
    Stack.of(scope),
  )
  return iam.Role.fromRoleArn(scope, 'Role', roleArn, { mutable: false })
}
