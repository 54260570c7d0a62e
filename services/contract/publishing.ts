import type { TaskType } from './task-type.ts'

/** Whether workers publish for tasks of this type. */
export function publishes({ sends = [], continues = false, retryLater }: TaskType): boolean {
  return sends.length > 0 || continues || retryLater !== undefined
}

/**
 * The queues that the workers of `queue` publish to: those of what its types send, and itself where a task of its own
 * goes on or is put off.
 */
export function publishesTo(
  taskTypes: readonly (TaskType & { readonly queue: string })[],
  queue: string,
): string[] {
  const queueOf = new Map(taskTypes.map((each) => [each.type, each.queue]))
  const own = taskTypes.filter((each) => each.queue === queue)
  const sent = own.flatMap(({ sends = [] }) =>
    sends.map((each) => queueOf.get(typeof each === 'string' ? each : each.type)),
  )
  const back = own.some(({ continues, retryLater }) => continues || retryLater) ? [queue] : []
  return [...new Set([...sent, ...back])].filter((each) => each !== undefined).toSorted()
}
