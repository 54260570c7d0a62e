import { type Route, routeTo } from './route.ts'
import { defaultPriority, dueAt } from './task.ts'
import type { TaskType } from './task-type.ts'
import type { Tenants } from './tenants.ts'

/** What a client or a handler asks of a task. */
export interface Asked {
  readonly type: string
  readonly priority?: number | undefined
  readonly tenant?: string | undefined
  /** Whole, 1 to `limits.delaySeconds`; undefined for at once. */
  readonly delaySeconds?: number | undefined
}

/** Where a task goes, and what it gets there. */
export interface Placement {
  readonly queue: string
  readonly route: Route
  /** Undefined: the broker's own. */
  readonly priority: number | undefined
  readonly queuedAt: number
}

/** What tasks are placed by. */
export interface Placing {
  readonly types: ReadonlyMap<string, TaskType>
  /** Of task types that name none. */
  readonly defaultQueue: string
  /** What this process has sent for each tenant lately. */
  readonly tenants: Tenants
}

/**
 * Places a task that is accepted now: the producer what clients send, and the worker what handlers send.
 * @param now in milliseconds since 1970
 */
export function place(
  { type, priority: asked, tenant, delaySeconds }: Asked,
  by: Placing,
  now: number,
): Placement {
  const { priority: ofType, queue = by.defaultQueue } = by.types.get(type) ?? {}
  const own = asked ?? ofType
  return {
    queue,
    route: routeTo(queue, delaySeconds),
    // what a tenant sends to one queue stands in nobody's way in another
    priority: tenant === undefined ? own : by.tenants.next(`${queue}/${tenant}`, own ?? defaultPriority, now),
    queuedAt: dueAt(now, delaySeconds),
  }
}
