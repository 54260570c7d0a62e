import { Duration, RemovalPolicy, Stack, TimeZone } from 'aws-cdk-lib'
import * as iam from 'aws-cdk-lib/aws-iam'
import type * as kms from 'aws-cdk-lib/aws-kms'
import type * as lambda from 'aws-cdk-lib/aws-lambda'
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations'
import * as scheduler from 'aws-cdk-lib/aws-scheduler'
import type * as sqs from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { type Schedule, scheduledRequest } from '../../services/contract/schedule.ts'
import { scheduleExpression } from '../schedule-expression.ts'
import { allowKeyThrough } from './encryption.ts'
import { FailedEvents } from './failed-events.ts'

export interface TaskSchedulesProps {
  /** At least one. */
  readonly schedules: readonly Schedule[]
  /** The name of a schedule's group. */
  readonly groupName: (schedule: string) => string
  readonly producer: lambda.Function
  readonly encryptionKey: kms.IKey | undefined
}

/** How late a task may be handed over. After that it is a failed event, of which an alarm tells. */
const latest = Duration.hours(1)

/**
 * Sends tasks by the clock: EventBridge Scheduler invokes the producer function, and its event is the request itself.
 * It invokes at least once, and asynchronously: what the producer then fails with, Lambda tries twice more. What fails
 * on either side ends in one queue.
 */
export class TaskSchedules extends Construct {
  /** Invocations that were given up, each with the request. */
  readonly failures: sqs.Queue
  /** By the schedule's name; a schedule's metrics are those of its group. */
  readonly groups: Readonly<Record<string, scheduler.ScheduleGroup>>

  constructor(scope: Construct, id: string, props: TaskSchedulesProps) {
    super(scope, id)
    const { producer, encryptionKey } = props
    this.failures = new FailedEvents(this, 'Failures', encryptionKey).queue
    producer.configureAsyncInvoke({
      retryAttempts: 2,
      maxEventAge: latest,
      onFailure: new SqsDestination(this.failures),
    })
    const role = this.createRole(props)
    if (encryptionKey)
      for (const sender of [producer, role])
        allowKeyThrough('sqs', encryptionKey, ['kms:Decrypt', 'kms:GenerateDataKey'], sender)
    this.groups = Object.fromEntries(
      props.schedules.map((schedule) => [schedule.name, this.createSchedule(props, role, schedule)]),
    )
  }

  /**
   * May invoke this function and put failures away, for groups with our names in this account only.
   * https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
   */
  private createRole({ groupName, producer }: TaskSchedulesProps): iam.Role {
    const stack = Stack.of(this)
    const groups = stack.formatArn({
      service: 'scheduler',
      resource: 'schedule-group',
      // not each by name: a role's trust has 2,048 characters
      resourceName: groupName('*'),
    })
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account },
          ArnLike: { 'aws:SourceArn': groups },
        },
      }),
    })
    const may = (action: string, resource: string) =>
      role.addToPolicy(new iam.PolicyStatement({ actions: [action], resources: [resource] }))
    may('lambda:InvokeFunction', producer.functionArn)
    may('sqs:SendMessage', this.failures.queueArn)
    return role
  }

  /** @returns its group */
  private createSchedule(
    { groupName, producer }: TaskSchedulesProps,
    role: iam.Role,
    schedule: Schedule,
  ): scheduler.ScheduleGroup {
    const { name, cron, rate, timeZone } = schedule
    const scope = new Construct(this, name)
    const group = new scheduler.ScheduleGroup(scope, 'Group', {
      scheduleGroupName: groupName(name),
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const made = new scheduler.Schedule(scope, 'Schedule', {
      scheduleName: name,
      scheduleGroup: group,
      description: `Sends a task of type ${schedule.task.type.type}: ${cron ?? rate}`,
      schedule: scheduler.ScheduleExpression.expression(
        scheduleExpression(schedule),
        TimeZone.of(timeZone ?? 'UTC'),
      ),
      // not CDK's LambdaInvoke, which would let the role invoke each version of the function
      target: {
        bind: () => ({
          arn: producer.functionArn,
          role,
          input: scheduler.ScheduleTargetInput.fromObject(
            scheduledRequest(schedule, scheduler.ContextAttribute.scheduledTime),
          ),
          deadLetterConfig: { arn: this.failures.queueArn },
          // as often as EventBridge Scheduler does, but for no longer
          retryPolicy: { maximumEventAgeInSeconds: latest.toSeconds(), maximumRetryAttempts: 185 },
        }),
      },
    })
    // a rate's first time is at once: what the function fails with must have its place by then
    made.node.addDependency(producer, role)
    return group
  }
}
