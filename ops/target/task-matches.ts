import type { TaskLogLine } from '../../services/contract/log.ts'
import type { LogFields, TryQuery } from './task-records.ts'

/** Whether a line has to do with a task, and not only has its id somewhere. */
export function namesTask(record: LogFields, id: string): boolean {
  const { ids, request } = record
  return record['id'] === id || record['parent'] === id || has(ids, id) || has(idsOf(request), id)
}

/** Of the producer's line on tasks that it did not accept, and of the operator's on what it was asked. */
const has = (ids: unknown, id: string) => Array.isArray(ids) && ids.includes(id)
const idsOf = (request: unknown) =>
  typeof request === 'object' && request !== null && 'ids' in request ? request.ids : undefined

export function asAsked(
  line: TaskLogLine,
  { idPrefix = '', type = line.type, outcome = line.outcome }: TryQuery,
): boolean {
  return line.id.startsWith(idPrefix) && line.type === type && line.outcome === outcome
}
