/**
 * The five fields of cron, as crontab(5) has them: minute, hour, day of month, month, day of week. A field holds `*`,
 * numbers, ranges and steps, with commas between. Months and days of the week go by their English names too; 0 and 7
 * are both Sunday.
 */

/** What each field names, in ascending order. */
export interface CronTimes {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly days: readonly number[]
  /** From 1. */
  readonly months: readonly number[]
  /** 0 is Sunday. */
  readonly weekdays: readonly number[]
  /** Whether days of both kinds are named, of which cron takes either. */
  readonly bothDays: boolean
}

/** The values that a field takes, and their names in this order, if they have any. */
interface Field {
  readonly min: number
  readonly max: number
  readonly names?: readonly string[]
}

export const weekdayNames = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] as const
const monthNames = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']

/** Undefined where it is no such text. */
export function parseCron(cron: string): CronTimes | undefined {
  const [minute = '', hour = '', day = '', month = '', weekday = '', ...more] = cron.split(' ')
  const minutes = valuesOf(minute, { min: 0, max: 59 })
  const hours = valuesOf(hour, { min: 0, max: 23 })
  const days = valuesOf(day, { min: 1, max: 31 })
  const months = valuesOf(month, { min: 1, max: 12, names: monthNames })
  const weekdays = valuesOf(weekday, { min: 0, max: 7, names: weekdayNames })
  if (!minutes || !hours || !days || !months || !weekdays || more.length > 0) return undefined
  return {
    ...{ minutes, hours, days, months },
    weekdays: ascending(weekdays.map((value) => value % weekdayNames.length)),
    bothDays: day !== '*' && weekday !== '*',
  }
}

/** The values of a field; undefined where it cannot be read. */
function valuesOf(text: string, field: Field): readonly number[] | undefined {
  const items = text.split(',').map((item) => itemOf(item, field))
  return items.includes(undefined) ? undefined : ascending(items.flatMap((values) => values ?? []))
}

const itemPattern = /^(?:\*|(?<first>\w+)(?:-(?<last>\w+))?)(?:\/(?<step>[1-9]\d?))?$/

/** The values of a field's item; undefined where it cannot be read. */
function itemOf(item: string, field: Field): readonly number[] | undefined {
  const { groups } = itemPattern.exec(item) ?? {}
  if (groups === undefined) return undefined
  const { first, last, step } = groups
  const [from, to] =
    first === undefined ? allOf(field) : [numberOf(first, field), numberOf(last ?? first, field)]
  if (!(from >= field.min && to <= field.max && from <= to)) return undefined
  // a step that leaves one value is a mistake, such as every 60 minutes
  if (step !== undefined && Number(step) > to - from) return undefined
  return range(from, to).filter((value) => (value - from) % Number(step ?? 1) === 0)
}

/** From the first to the last, of the week's days Sunday but once. */
const allOf = ({ min, max, names }: Field) => [min, names ? min + names.length - 1 : max] as const

/** Not a number where it is none, and no name. */
function numberOf(text: string, { min, names = [] }: Field): number {
  const named = names.indexOf(text.toUpperCase())
  if (named !== -1) return min + named
  return /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

const ascending = (values: readonly number[]) => [...new Set(values)].toSorted((a, b) => a - b)
