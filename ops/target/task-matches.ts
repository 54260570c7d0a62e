import type { TaskLogLine } from '../../services/contract/log.ts'
import type { LogFields, TryQuery } from './task-records.ts'

/** Whether a line has to do with a task, and not only has its id somewhere. */
export function namesTask(record: LogFields, id: string): boolean {
  return record['id'] === id || record['parent'] === id
}

export function asAsked(
  line: TaskLogLine,
  { idPrefix = '', type = line.type, outcome = line.outcome }: TryQuery,
): boolean {
  return line.id.startsWith(idPrefix) && line.type === type && line.outcome === outcome
}
