import type { TaskLogLine } from '../../services/contract/log.ts'

/** When canned runs begin. */
export const origin = Date.UTC(2026, 0, 1)

/** Lines of one worker that does these tasks one after another, from `from` ms after the origin on. */
export function linesOf(
  worker: 'slow' | 'fast',
  tasks: readonly number[],
  durationMs: number,
  from = 0,
): TaskLogLine[] {
  return tasks.map((task, at) => line(worker, task, from + at * durationMs, durationMs))
}

/** A log line of a task that is done. */
export function line(
  worker: 'slow' | 'fast',
  task: number,
  start: number,
  durationMs: number,
  others: Partial<TaskLogLine> = {},
): TaskLogLine {
  const startedAt = new Date(origin + start).toISOString()
  return {
    time: new Date(origin + start + durationMs).toISOString(),
    level: 'info',
    msg: 'task',
    id: `task-${task}`,
    type: 'sleep',
    priority: 4,
    class: worker,
    worker: `${worker}-1`,
    slot: 0,
    queuedAt: null,
    startedAt,
    waitMs: null,
    durationMs,
    deliveryCount: 0,
    outcome: 'done',
    ...others,
  }
}

/** `count` equal tasks of `ms` each, by id. */
export function equal(count: number, ms: number): Map<string, number> {
  return new Map(Array.from({ length: count }, (_, index) => [`task-${index + 1}`, ms]))
}
