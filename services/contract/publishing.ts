import type { TaskType } from './task-type.ts'

/** Whether workers publish for tasks of this type. */
export function publishes({ sends = [], continues = false, retryLater }: TaskType): boolean {
  return sends.length > 0 || continues || retryLater !== undefined
}

/** A task type, and the queue that its tasks go to. */
export type PlacedType = TaskType & { readonly queue: string }

/** What of it says who publishes where. */
export type Publishing = Pick<PlacedType, 'type' | 'queue' | 'sends' | 'continues' | 'retryLater'>

/** Task types in an environment whose `workQueue` has this name. */
export const placed = (taskTypes: readonly TaskType[], defaultQueue: string): PlacedType[] =>
  taskTypes.map((type) => ({ ...type, queue: type.queue ?? defaultQueue }))

/**
 * The queues that the workers of `queue` publish to: those of what any type sends, and itself where any goes on or is put
 * off. Of any type, not of the queue's own: a type that moves leaves tasks behind, which are done where they are.
 */
export function publishesTo(taskTypes: readonly Publishing[], queue: string): string[] {
  const queueOf = new Map(taskTypes.map((each) => [each.type, each.queue]))
  const sent = taskTypes.flatMap(({ sends = [] }) =>
    sends.map((each) => queueOf.get(typeof each === 'string' ? each : each.type)),
  )
  const back = taskTypes.some(({ continues, retryLater }) => continues || retryLater) ? [queue] : []
  return [...new Set([...sent, ...back])].filter((each) => each !== undefined).toSorted()
}
