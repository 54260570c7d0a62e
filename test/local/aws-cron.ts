/**
 * When EventBridge Scheduler invokes by a cron expression, worked out anew from how AWS documents it:
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */

interface AwsCron {
  readonly minutes: ReadonlySet<number>
  readonly hours: ReadonlySet<number>
  /** Undefined where it has `?`. */
  readonly days: ReadonlySet<number> | undefined
  readonly months: ReadonlySet<number>
  /** 1 is Sunday. Undefined where it has `?`. */
  readonly weekdays: ReadonlySet<number> | undefined
}

/** @throws Error for what AWS would refuse */
function read(expression: string): AwsCron {
  const [, text = ''] = /^cron\((.{1,250})\)$/.exec(expression) ?? []
  const [minutes = '', hours = '', days = '', months = '', weekdays = '', year] = text.split(' ')
  if (year !== '*' || (days === '?') === (weekdays === '?')) throw new Error(`AWS would refuse ${expression}`)
  const weekdayNumbers = weekdays.replace(/[A-Z]{3}/g, (name) =>
    String(1 + ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'].indexOf(name)),
  )
  return {
    minutes: values(minutes, 0, 59),
    hours: values(hours, 0, 23),
    days: days === '?' ? undefined : values(days, 1, 31),
    months: values(months, 1, 12),
    weekdays: weekdays === '?' ? undefined : values(weekdayNumbers, 1, 7),
  }
}

function values(text: string, min: number, max: number): Set<number> {
  const found = text.split(',').flatMap((item) => {
    const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(item === '*' ? `${min}-${max}` : item) ?? []
    const [from, to] = [Number(first), Number(last ?? first)]
    if (!(from >= min && to <= max && from <= to)) throw new Error(`AWS would refuse ${text}`)
    return Array.from({ length: to - from + 1 }, (_, index) => from + index)
  })
  return new Set(found)
}

const day = 86_400_000

/** The first times after one, in milliseconds since 1970; fewer when there are no more within 50 years. */
export function awsTimes(expression: string, timeZone: string, after: number, count: number): number[] {
  const cron = read(expression)
  const wall = clockOf(timeZone)
  const found: number[] = []
  const first = Math.floor(wall(after) / day)
  for (let date = first; found.length < count && date < first + 50 * 366; date += 1) {
    const at = new Date(date * day)
    const named =
      cron.months.has(at.getUTCMonth() + 1) &&
      (cron.days?.has(at.getUTCDate()) ?? true) &&
      (cron.weekdays?.has(at.getUTCDay() + 1) ?? true)
    if (!named) continue
    for (const hour of cron.hours)
      for (const minute of cron.minutes) {
        const instant = instantOf(date * day + (hour * 60 + minute) * 60_000, wall)
        if (instant !== undefined && instant > after) found.push(instant)
      }
  }
  return found.toSorted((a, b) => a - b).slice(0, count)
}

/** What clocks show, as if it were UTC. */
function clockOf(timeZone: string): (instant: number) => number {
  if (timeZone === 'UTC') return (instant) => instant
  const format = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  return (instant) => Date.parse(`${format.format(instant).replace(' ', 'T')}Z`) + (instant % 1_000)
}

/** The first moment at which clocks show that; undefined where they never do. */
function instantOf(shown: number, wall: (instant: number) => number): number | undefined {
  const offsets = [shown - day, shown + day].map((near) => wall(near) - near)
  const instants = offsets.map((offset) => shown - offset).filter((instant) => wall(instant) === shown)
  return instants.length === 0 ? undefined : Math.min(...instants)
}
