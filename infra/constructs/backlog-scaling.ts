import { Arn, ArnFormat, Duration, Stack } from 'aws-cdk-lib'
import * as scaling from 'aws-cdk-lib/aws-applicationautoscaling'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import { ApplicationScalingAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type * as ecs from 'aws-cdk-lib/aws-ecs'
import * as iam from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import type { WorkerClass } from '../environments.ts'

export interface BacklogScalingProps {
  readonly service: ecs.FargateService
  readonly worker: WorkerClass
  /** The probe's BacklogPerSlot: tasks queued or running, per slot in service over all classes. */
  readonly backlogPerSlot: cloudwatch.IMetric
  /** The probe's WakeUp of this class: 1 while it has no consumer and the backlog exceeds its threshold. */
  readonly wakeUp: cloudwatch.IMetric
}

/**
 * How many tasks a service has. Every class tracks the same figure with a target of its own, so that the class with
 * the lowest target is called first. No CPU policy: with prefetch 1 a busy worker is always at 100 %.
 */
export class BacklogScaling extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { service, worker, backlogPerSlot, wakeUp }: BacklogScalingProps,
  ) {
    super(scope, id)
    const target = new scaling.ScalableTarget(this, 'Tasks', {
      serviceNamespace: scaling.ServiceNamespace.ECS,
      scalableDimension: 'ecs:service:DesiredCount',
      resourceId: `service/${service.cluster.clusterName}/${service.serviceName}`,
      minCapacity: worker.minTasks,
      maxCapacity: worker.maxTasks,
      role: serviceLinkedRole(this),
    })
    target.scaleToTrackMetric('Backlog', {
      customMetric: backlogPerSlot,
      targetValue: worker.backlogPerSlot,
      // a task is up, and counted as slots, about a minute after it was asked for
      scaleOutCooldown: Duration.seconds(90),
      // starting a task again costs a minute of work: wait until the backlog has stayed low for a while
      scaleInCooldown: Duration.minutes(5),
    })
    if (worker.minTasks === 0) this.wakeUp(target, worker, wakeUp)
  }

  /** Target tracking multiplies, so it cannot leave zero: this adds the first task. */
  private wakeUp(target: scaling.ScalableTarget, { name }: WorkerClass, metric: cloudwatch.IMetric): void {
    const addOne = new scaling.StepScalingAction(this, 'WakeUp', {
      scalingTarget: target,
      adjustmentType: scaling.AdjustmentType.CHANGE_IN_CAPACITY,
      // the alarm acts each minute until the new task consumes; within this time that is still the same one
      cooldown: Duration.minutes(5),
    })
    addOne.addAdjustment({ adjustment: 1, lowerBound: 0 })
    new cloudwatch.Alarm(this, 'WakeUpAlarm', {
      metric,
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      alarmDescription: `Not a fault: the backlog is deep enough to start the first task of worker class "${name}". If it stays in alarm, look at the events of that ECS service. docs/runbook.md#scaling`,
    }).addAlarmAction(new ApplicationScalingAction(addOne))
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
