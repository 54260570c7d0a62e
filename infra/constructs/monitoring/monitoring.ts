import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { workQueueDashboard } from './dashboard.ts'
import { type AlarmSpec, queueAlarms } from './queue-alarms.ts'
import { scheduleAlarms } from './schedules.ts'
import type { Watched } from './watched.ts'

export interface MonitoringProps extends Watched {
  /** Where alarms go. */
  readonly topic: ITopic
  readonly dashboardName: string
}

/** What tells the operator of a work queue how it is: alarms, one of them to be woken by, and a dashboard. */
export class Monitoring extends Construct {
  readonly dashboard: cloudwatch.Dashboard

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id)
    const specs = { ...queueAlarms(props), ...(props.schedules ? scheduleAlarms(props.schedules) : {}) }
    const alarms = Object.entries(specs).map(([name, spec]) => this.alarm(name, spec))
    const stopped = this.workHasStopped()
    for (const alarm of [...alarms, stopped]) alarm.addAlarmAction(new SnsAction(props.topic))
    this.dashboard = workQueueDashboard(this, props, [stopped, ...alarms])
  }

  private alarm(name: string, spec: AlarmSpec): cloudwatch.Alarm {
    const { LESS_THAN_THRESHOLD, GREATER_THAN_THRESHOLD } = cloudwatch.ComparisonOperator
    return new cloudwatch.Alarm(this, name, {
      metric: spec.metric,
      threshold: spec.below ?? spec.above ?? 0,
      comparisonOperator: spec.below === undefined ? GREATER_THAN_THRESHOLD : LESS_THAN_THRESHOLD,
      evaluationPeriods: spec.periods,
      treatMissingData: spec.missing,
      alarmDescription: `${spec.description} docs/runbook.md#${spec.section}`,
    })
  }

  /** The one that is worth waking somebody: the others, as they are, can mostly wait until the morning. */
  private workHasStopped(): cloudwatch.CompositeAlarm {
    const inAlarm = (name: string) =>
      cloudwatch.AlarmRule.fromAlarm(
        this.node.findChild(name) as cloudwatch.Alarm,
        cloudwatch.AlarmState.ALARM,
      )
    return new cloudwatch.CompositeAlarm(this, 'WorkHasStopped', {
      alarmRule: cloudwatch.AlarmRule.anyOf(
        inAlarm('NoWorkers'),
        inAlarm('NoProgress'),
        // the broker is gone for both who come from outside
        ...(this.node.tryFindChild('Producer5xx')
          ? [cloudwatch.AlarmRule.allOf(inAlarm('ProbeSilent'), inAlarm('Producer5xx'))]
          : []),
      ),
      alarmDescription:
        'Work has stopped: tasks wait and nobody works, or the broker answers neither the probe nor the producer. Look at which alarm below it is on; then at its section. docs/runbook.md#work-has-stopped',
    })
  }
}
