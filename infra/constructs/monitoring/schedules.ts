import { Duration } from 'aws-cdk-lib'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import type { TaskSchedules } from '../task-schedules.ts'
import { colour, type DashboardRow, graph } from './graph.ts'
import type { AlarmSpec } from './queue-alarms.ts'
import { minute } from './watched.ts'

const { IGNORE, NOT_BREACHING } = cloudwatch.TreatMissingData
const fiveMinutes = Duration.minutes(5)
const section = 'schedule-failed'

/**
 * A task that was not sent on time. What EventBridge Scheduler gives up has an alarm for each schedule, since it cannot
 * put away what its role no longer lets it.
 */
export function scheduleAlarms({ failures, groups }: TaskSchedules): Record<string, AlarmSpec> {
  const givenUp = Object.entries(groups).map(([name, group]): [string, AlarmSpec] => [
    `ScheduleGivenUp-${name}`,
    {
      metric: group.metricDropped({ statistic: 'Sum', period: fiveMinutes }),
      ...{ above: 0, periods: 1, missing: NOT_BREACHING, section },
      description: `EventBridge Scheduler could not invoke the producer for the schedule ${name} for an hour, so that its task was not sent. Look at the role of the schedule and at the function; then send the task by hand.`,
    },
  ])
  return {
    ScheduleFailed: {
      metric: failures.metricApproximateNumberOfMessagesVisible({
        statistic: 'Maximum',
        period: fiveMinutes,
      }),
      // SQS stops to report of a queue that nothing is done with
      ...{ above: 0, periods: 1, missing: IGNORE, section },
      description:
        'A scheduled task was not sent: the producer failed three times, or could not be invoked for an hour. Look at the producer’s log; the queue of failures has each request: send it by hand, then purge the queue.',
    },
    ...Object.fromEntries(givenUp),
  }
}

export function schedulesRow({ groups }: TaskSchedules): DashboardRow {
  const all = Object.entries(groups)
  const sum = { statistic: 'Sum', period: minute }
  return {
    question: 'Do the schedules run?',
    answer:
      'Each point is a minute in which EventBridge Scheduler invoked the producer. What it **gave up** was not sent, and an alarm tells of it.',
    widgets: [
      graph(12, {
        title: 'Invocations per minute, by schedule',
        unit: 'invocations',
        metrics: all.map(([name, group]) => group.metricAttempts({ ...sum, label: name })),
      }),
      graph(12, {
        title: 'Errors, and what was given up, per minute',
        unit: 'invocations',
        metrics: all.flatMap(([name, group]) => [
          group.metricTargetErrors({ ...sum, label: `${name}: errors`, color: colour.again }),
          group.metricDropped({ ...sum, label: `${name}: given up`, color: colour.failed }),
        ]),
      }),
    ],
  }
}
