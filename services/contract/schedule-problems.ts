import { type CronTimes, parseCron } from './cron.ts'
import { limits } from './limits.ts'
import { parseRate, type Schedule, scheduledRequest } from './schedule.ts'
import { taskOptions } from './task-options.ts'
import type { TaskType } from './task-type.ts'
import { isTimeZone } from './time-zone.ts'

/** What is wrong with one value of a schedule. */
interface ScheduleProblem {
  /** Such as `schedule nightly-report: cron`. */
  readonly field: string
  readonly seen: unknown
  readonly remedy: string
}

/** What schedules may refer to. */
export interface Known {
  readonly taskTypes: readonly TaskType[]
  /** Names of environments, `local` among them. */
  readonly environments: readonly string[]
}

/** The largest request, in bytes of JSON: what Lambda takes from EventBridge Scheduler is 256 KiB. */
const requestBytes = 256 * 1024 - 128

/** Everything that does not fit. */
export function scheduleProblems(schedules: readonly Schedule[], known: Known): ScheduleProblem[] {
  return schedules.flatMap((schedule, index) => {
    const { name } = schedule
    const twice = schedules.findIndex((other) => other.name === name) < index
    const problems = [
      ...nameProblems(name, twice),
      ...timeProblems(schedule),
      ...environmentProblems(schedule, known),
      ...taskProblems(schedule, known),
    ]
    return problems.map(({ field, ...rest }) => ({ field: `schedule ${name}: ${field}`, ...rest }))
  })
}

function nameProblems(seen: string, twice: boolean): ScheduleProblem[] {
  if (!/^[a-z][a-z0-9-]*$/.test(seen))
    return [
      { field: 'name', seen, remedy: 'use a-z 0-9 -, a letter first: the ids of its tasks begin with it' },
    ]
  return twice
    ? [{ field: 'name', seen, remedy: 'another schedule has this name: choose one of its own' }]
    : []
}

function timeProblems({ cron, rate, timeZone = 'UTC' }: Schedule): ScheduleProblem[] {
  if (cron === undefined) {
    const remedy = 'use whole minutes, hours or days up to 999, such as 5 minutes'
    return parseRate(rate) === undefined ? [{ field: 'rate', seen: rate, remedy }] : []
  }
  const zone = {
    field: 'timeZone',
    seen: timeZone,
    remedy: 'use the name of a time zone, such as Europe/Berlin',
  }
  const remedy = cronRemedy(parseCron(cron))
  return [
    ...(remedy === undefined ? [] : [{ field: 'cron', seen: cron, remedy }]),
    ...(isTimeZone(timeZone) ? [] : [zone]),
  ]
}

function cronRemedy(times: CronTimes | undefined): string | undefined {
  if (times === undefined)
    return 'use five fields, minute hour day-of-month month day-of-week, such as 30 2 * * MON-FRI, of numbers, names, *, ranges, steps such as */5, and commas'
  const { bothDays, days, months } = times
  if (bothDays)
    return 'name days of the month or days of the week, and leave * for the other: AWS takes one; two schedules do both'
  // of a leap year
  const longest = Math.max(...months.map((month) => new Date(Date.UTC(2000, month, 0)).getUTCDate()))
  return Math.min(...days) > longest ? `use 1 to ${longest}: its months have no more days` : undefined
}

function environmentProblems({ environments = [] }: Schedule, known: Known): ScheduleProblem[] {
  const remedy = `use some of ${known.environments.join(', ')}, or leave it out for all`
  return environments
    .filter((name) => !known.environments.includes(name))
    .map((seen) => ({ field: 'environments', seen, remedy }))
}

function taskProblems(schedule: Schedule, { taskTypes }: Known): ScheduleProblem[] {
  const { type, payload, priority, tenant } = schedule.task
  const problems: ScheduleProblem[] = []
  if (!taskTypes.some((known) => known.type === type.type))
    problems.push({ field: 'task.type', seen: type.type, remedy: 'add it to services/tasks/registry.ts' })
  if (!taskOptions.priority.safeParse(priority).success)
    problems.push({ field: 'task.priority', seen: priority, remedy: `use 0 to ${limits.priority}` })
  if (!taskOptions.tenant.safeParse(tenant).success)
    problems.push({ field: 'task.tenant', seen: tenant, remedy: 'use 1 to 128 of A-Z a-z 0-9 . _ : -' })
  return [...problems, ...payloadProblems(type, payload), ...inputProblems(schedule)]
}

/** As it arrives: a date, for example, would be text by then. */
function payloadProblems({ type, payload: schema }: TaskType, payload: unknown): ScheduleProblem[] {
  const sent: unknown = JSON.parse(JSON.stringify(payload) ?? 'null')
  const issues = schema.safeParse(sent).error?.issues ?? []
  return issues.map(({ path, message }) => ({
    field: ['task.payload', ...path].join('.'),
    seen: path.reduce((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], sent),
    remedy: `what ${type} takes: ${message}`,
  }))
}

function inputProblems(schedule: Schedule): ScheduleProblem[] {
  const seen = schedule.task.payload
  const input = JSON.stringify(scheduledRequest(schedule, ''))
  const bytes = Buffer.byteLength(input)
  const problems: ScheduleProblem[] = []
  if (input.includes('<aws.scheduler.'))
    problems.push({ field: 'task.payload', seen, remedy: 'take <aws.scheduler. out: AWS would replace it' })
  if (bytes > requestBytes)
    problems.push({
      field: 'task.payload',
      seen: `${bytes} bytes`,
      remedy: `use up to ${requestBytes} with all around it: store the data elsewhere and send where it is`,
    })
  return problems
}
