import * as z from 'zod'
import { isTimeZone } from '../../services/contract/time-zone.ts'
import { tasksPerService } from '../limits.ts'
import { text, whole } from './fields.ts'

/** Values of a field, `*`, ranges and steps of them, with commas between. */
function list(value: string): string {
  const item = `(\\*|${value}(-${value})?)(/\\d{1,2})?`
  return `${item}(,${item})*`
}

const day = '(0?[1-9]|[12]\\d|3[01])'
const weekday = '([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)'
const month = list('(0?[1-9]|1[0-2]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)')
const days = `(${list(day)}|L|LW|${day}W)`
const weekdays = `(${list(weekday)}|L|${weekday}L|${weekday}#[1-5])`

/** https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html */
const cron = new RegExp(
  `^${list('[0-5]?\\d')} ${list('([01]?\\d|2[0-3])')} (${days} ${month} \\?|\\? ${month} ${weekdays}) ${list('(19[7-9]\\d|2[01]\\d\\d)')}$`,
)

const zoneRemedy = 'use the name of a time zone, such as Europe/Berlin'

/** Least tasks that hold from a time on. */
export const minTasksSchedule = z.array(
  z.strictObject({
    cron: text(
      cron,
      "use AWS's six fields, such as 0 7 ? * MON-FRI *: minute, hour, day of month, month, day of week, year, with ? for one of the two days",
    ).describe(
      'When the class gets another minimum of tasks: one line for the morning, one for the evening.',
    ),
    minTasks: whole(0, tasksPerService).describe(
      "Minimum number of tasks from then until the next line, at least the class's own `minTasks`. `npm run cost` counts the class's own.",
    ),
    timeZone: z
      .string(zoneRemedy)
      .refine(isTimeZone, { error: zoneRemedy, abort: true })
      .optional()
      .describe('The time zone of `cron`. Default: UTC.'),
  }),
  'use a list of times',
)
