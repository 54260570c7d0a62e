import { type CronTimes, parseCron, weekdayNames } from '../services/contract/cron.ts'
import { parseRate, type Schedule, type When } from '../services/contract/schedule.ts'
import { namesOf } from './names.ts'

/** Of a group: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateScheduleGroup.html */
const nameLength = 64

/** What EventBridge Scheduler does not take of schedules that are right in themselves. */
export function schedulerProblems(environment: string, schedules: readonly Schedule[]) {
  const around = namesOf(environment).scheduleGroup('').length
  const remedy = `use up to ${nameLength - around} characters: in AWS the names of template and environment stand before it`
  return schedules
    .filter(({ name }) => around + name.length > nameLength)
    .map(({ name }) => ({ field: `schedule ${name}: name`, seen: name, remedy }))
}

/**
 * When a schedule is due, as EventBridge Scheduler writes it: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 * Its cron has a year too, counts weekdays from 1, which is why they go by their names here, and wants `?` for one of
 * the two days. Steps are written out, since it has no step of a range: that is never longer than the 256 characters
 * that it takes.
 * @throws Error for what the checks refuse
 */
export function scheduleExpression({ cron, rate }: When): string {
  const expression = cron === undefined ? rateExpression(rate) : cronExpression(parseCron(cron))
  if (expression === undefined) throw new Error(`neither cron nor rate: ${cron ?? rate}`)
  return expression
}

function cronExpression(times: CronTimes | undefined): string | undefined {
  if (times === undefined) return undefined
  const { minutes, hours, days, months, weekdays } = times
  const byWeekday = weekdays.length < weekdayNames.length
  const fields = [
    written(minutes, 60),
    written(hours, 24),
    byWeekday ? '?' : written(days, 31),
    written(months, 12),
    byWeekday ? written(weekdays, 7, (value) => weekdayNames[value] ?? '') : '?',
    '*',
  ]
  return `cron(${fields.join(' ')})`
}

/** `*` for all that there are, else ranges of three or more, and single values. */
function written(values: readonly number[], all: number, name: (value: number) => string = String): string {
  if (values.length === all) return '*'
  const runs: number[][] = []
  for (const value of values) {
    const run = runs.at(-1)
    if (run?.at(-1) === value - 1) run.push(value)
    else runs.push([value])
  }
  const texts = runs.flatMap((run) =>
    run.length > 2 ? [`${name(run[0] ?? 0)}-${name(run.at(-1) ?? 0)}`] : run.map(name),
  )
  return texts.join(',')
}

/** Of one there is a singular. */
function rateExpression(rate: string): string | undefined {
  if (parseRate(rate) === undefined) return undefined
  const [count, unit = ''] = rate.split(' ')
  return `rate(${count} ${unit.replace(/s$/, '')}${count === '1' ? '' : 's'})`
}
