import { Duration } from 'aws-cdk-lib'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import { brokerRow, costRow, producerRow } from './dashboard-around.ts'
import { failures } from './dashboard-failures.ts'
import { fairness } from './dashboard-fairness.ts'
import { flow, scaling, waits } from './dashboard-tasks.ts'
import { schedulesRow } from './schedules.ts'
import type { Watched } from './watched.ts'

/** The dashboard tells the story from top to bottom: a question, how to read the answer, and the answer. */
export function workQueueDashboard(
  scope: Construct,
  watched: Watched & { readonly dashboardName: string },
  alarms: readonly cloudwatch.IAlarm[],
): cloudwatch.Dashboard {
  const dashboard = new cloudwatch.Dashboard(scope, 'Dashboard', {
    dashboardName: watched.dashboardName,
    defaultInterval: Duration.hours(3),
    // a point stays a minute also over days: the sums are per minute
    periodOverride: cloudwatch.PeriodOverride.INHERIT,
  })
  dashboard.addWidgets(
    new cloudwatch.AlarmStatusWidget({
      title: 'Alarms: each says what to look at and what to do',
      width: 24,
      height: 3,
      alarms: [...alarms],
    }),
  )
  const { schedules } = watched
  const rows = [
    ...[flow, fairness, waits, scaling, failures, brokerRow, producerRow].map((row) => row(watched)),
    ...(schedules ? [schedulesRow(schedules)] : []),
    costRow(watched),
  ]
  for (const { question, answer, widgets } of rows) {
    const markdown = `## ${question}\n${answer}`
    dashboard.addWidgets(new cloudwatch.TextWidget({ markdown, width: 24, height: 2 }))
    dashboard.addWidgets(...widgets)
  }
  return dashboard
}
