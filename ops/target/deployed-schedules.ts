import { GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import { namesOf } from '../../infra/names.ts'
import { nextTime } from '../../local/schedule-times.ts'
import { parseRate, type Schedule } from '../../services/contract/schedule.ts'
import type { Aws } from './aws.ts'
import type { ScheduleLook } from './look.ts'

const hour = 3_600_000
const day = 24 * hour
/** CloudWatch keeps minutes for 15 days and five minutes for 63, which is what it is asked for. */
const lookBack = 63 * day

/**
 * A schedule last ran in the newest minute in which EventBridge Scheduler invoked the producer for it, by CloudWatch's
 * count of its group: first the hour, then the minute in that hour.
 */
export async function deployedSchedules(
  aws: Aws,
  environment: string,
  schedules: readonly Schedule[],
  now: number,
): Promise<readonly ScheduleLook[]> {
  const { scheduleGroup } = namesOf(environment)
  return Promise.all(
    schedules.map(async (schedule) => {
      const { name, cron, rate, timeZone = 'UTC' } = schedule
      const attempted = (from: number, to: number, seconds: number) =>
        newestAttempt(aws, scheduleGroup(name), from, to, seconds)
      const inHour = await attempted(now - lookBack, now, 3_600)
      const last = inHour && (await attempted(inHour, inHour + hour, now - inHour < 15 * day ? 60 : 300))
      return { name, when: cron ?? rate, timeZone, last, next: nextAfter(schedule, last, now) }
    }),
  )
}

/** AWS counts a rate from when it made the schedule, so that it takes the last time to know the next. */
function nextAfter(schedule: Schedule, last: number | undefined, now: number): number | undefined {
  if (schedule.cron !== undefined) return nextTime(schedule, now)
  const period = parseRate(schedule.rate)
  return last && period && last + Math.ceil((now - last) / period) * period
}

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html */
async function newestAttempt(
  aws: Aws,
  group: string,
  from: number,
  to: number,
  seconds: number,
): Promise<number | undefined> {
  const query: MetricDataQuery = {
    Id: 'attempts',
    MetricStat: {
      Metric: {
        Namespace: 'AWS/Scheduler',
        MetricName: 'InvocationAttemptCount',
        Dimensions: [{ Name: 'ScheduleGroup', Value: group }],
      },
      Period: seconds,
      Stat: 'Sum',
    },
  }
  const { MetricDataResults = [] } = await aws.ask('reading when schedules ran', () =>
    aws.cloudWatch.send(
      new GetMetricDataCommand({
        StartTime: new Date(from),
        EndTime: new Date(to),
        ScanBy: 'TimestampDescending',
        MetricDataQueries: [query],
      }),
    ),
  )
  const { Timestamps = [], Values = [] } = MetricDataResults[0] ?? {}
  return Timestamps.find((_, index) => (Values[index] ?? 0) > 0)?.getTime()
}
