import { nextTime } from '../../local/schedule-times.ts'
import { followTaskLog } from '../../local/task-log.ts'
import { idPrefix, type Schedule } from '../../services/contract/schedule.ts'
import type { ScheduleLook } from './look.ts'

/** A schedule last ran when the newest task of the task logs that is its own was due, since `npm run dev` started. */
export function localSchedules(
  schedules: readonly Schedule[],
  queues: readonly string[],
  now: number,
): readonly ScheduleLook[] {
  if (schedules.length === 0) return []
  const lines = queues.flatMap((queue) => followTaskLog(queue, Number.POSITIVE_INFINITY)())
  const ids = lines.map(({ id }) => id)
  return schedules.map((schedule) => {
    const { name, cron, rate, timeZone = 'UTC' } = schedule
    const prefix = idPrefix(schedule)
    const due = ids.flatMap((id) => (id.startsWith(prefix) ? Date.parse(id.slice(prefix.length)) : []))
    // ids of others may begin so too
    const last = Math.max(...due.filter((time) => !Number.isNaN(time)))
    return {
      ...{ name, when: cron ?? rate, timeZone },
      last: Number.isFinite(last) ? last : undefined,
      next: nextTime(schedule, now),
    }
  })
}
