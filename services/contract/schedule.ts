import type * as z from 'zod'
import type { TaskType } from './task-type.ts'

/** What is sent each time. */
export interface ScheduledTask<Type extends TaskType> {
  /** Its declaration, which stands in services/tasks/registry.ts too. */
  readonly type: Type
  /** JSON, as a client would send it. */
  readonly payload: z.input<Type['payload']>
  /** 0 to 31, see {@link TaskType.priority}. */
  readonly priority?: number
  /** For whom it is done: 1 to 128 of `A-Z a-z 0-9 . _ : -`. */
  readonly tenant?: string
}

interface Common<Type extends TaskType> {
  /** `[a-z][a-z0-9-]*`: begins the ids of its tasks. */
  readonly name: string
  /** The environments in which it runs, `local` among them. @default all */
  readonly environments?: readonly string[]
  readonly task: ScheduledTask<Type>
}

interface ByCron {
  /** Five fields, such as `30 2 * * MON-FRI`: minute, hour, day of month, month, day of week. */
  readonly cron: string
  /** In whose time `cron` is meant, such as `Europe/Berlin`. @default UTC */
  readonly timeZone?: string
  readonly rate?: never
}

type Rate = `${number} ${'minute' | 'minutes' | 'hour' | 'hours' | 'day' | 'days'}`

interface ByRate {
  /** Whole minutes, hours or days from one time to the next, such as `5 minutes`. */
  readonly rate: Rate
  readonly cron?: never
  readonly timeZone?: never
}

/** When a schedule is due. */
export type When = ByCron | ByRate

/** A task that is sent again and again. */
export type Schedule<Type extends TaskType = TaskType> = Common<Type> & When

/** Declares a schedule; its payload is typed by the declaration of the task. */
export function schedule<Type extends TaskType>(declaration: Schedule<Type>): Schedule {
  return declaration
}

/** Those that run in an environment; on one machine that is `local`. */
export function schedulesIn(environment: string, schedules: readonly Schedule[]): readonly Schedule[] {
  return schedules.filter(({ environments }) => environments?.includes(environment) ?? true)
}

/** How the ids of a schedule's tasks begin. */
export const idPrefix = ({ name }: Pick<Schedule, 'name'>) => `${name}:`

/**
 * What the producer is sent when a schedule is due. The id is made of name and time, so that whoever sends it once
 * more sends the same task, not another one.
 * @param time when it was due, such as `2026-11-30T02:30:00Z`
 */
export function scheduledRequest({ name, task }: Schedule, time: string) {
  const { type, payload, ...options } = task
  return { id: `${idPrefix({ name })}${time}`, type: type.type, payload, ...options }
}

const unitMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const

/** `5 minutes` in milliseconds; undefined where it is no such text. */
export function parseRate(rate: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,2}) (minute|hour|day)s?$/.exec(rate) ?? []
  return unit === undefined ? undefined : Number(count) * unitMs[unit as keyof typeof unitMs]
}
