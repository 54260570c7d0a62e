import type * as z from 'zod'
import type { Logger } from './log.ts'

/** What the producer and infra know of a task type. No handler's code is reached from here. */
export interface TaskType<Schema extends z.ZodType = z.ZodType> {
  /** The name that clients send: `[a-z][a-z0-9-]{0,63}`. */
  readonly type: string
  /** What a payload must look like. The producer refuses what does not fit, the worker hands the parsed value to the handler. */
  readonly payload: Schema
  /** How long one try may take, in seconds, 1 to 86,400. Then the handler's signal fires, and its thread is stopped 5 s later. */
  readonly timeoutSeconds: number
  /**
   * Priority of tasks that are sent without one, 0 to 31: the broker gives the highest first, strictly.
   * @default 4, the broker's own
   */
  readonly priority?: number
  /**
   * The work queue that its tasks go to, by its name: each environment of infra/environments.ts has to have it.
   * @default the environment's `workQueue`
   */
  readonly queue?: string
  /** The handler's module, a file in services/tasks. A path, not an import, so that only the worker's bundle has its code. */
  readonly handler: `./${string}.handler.ts`
}

/** Declares a task type. `timeoutSeconds` is 60 unless given. */
export function taskType<Schema extends z.ZodType>(
  declaration: Omit<TaskType<Schema>, 'timeoutSeconds'> & { readonly timeoutSeconds?: number },
): TaskType<Schema> {
  return { timeoutSeconds: 60, ...declaration }
}

/** A task type in an environment, where it has a queue in any case. */
export interface PlacedTaskType extends TaskType {
  readonly queue: string
}

/** Task types in an environment whose `workQueue` has this name. */
export function placeTaskTypes(taskTypes: readonly TaskType[], defaultQueue: string): PlacedTaskType[] {
  return taskTypes.map((type) => ({ ...type, queue: type.queue ?? defaultQueue }))
}

/** What a handler is told beside the payload. */
export interface HandlerContext {
  /** The task's id: the same on each try, so it serves as an idempotency key. */
  readonly id: string
  /** Failures of this task before this try; 0 on the first. */
  readonly deliveryCount: number
  /**
   * Fires when the try is over for a reason of its own (`signal.reason.message`: timeout, shutdown, lost connection).
   * What is still running 5 s later is stopped with its thread.
   */
  readonly signal: AbortSignal
  /** The W3C trace context that the task was sent with, to hand on to other systems; undefined where there was none. */
  readonly traceparent: string | undefined
  /** Writes log lines that carry the task's id, type and trace. */
  readonly log: Logger
}

/**
 * Does the work of one task. Returning means done; throwing means failed, and the task is tried again later;
 * throwing a PermanentTaskError means that no try will ever succeed, and the task becomes a dead letter at once.
 */
export type Handler<Type extends TaskType> = (
  payload: z.output<Type['payload']>,
  context: HandlerContext,
) => Promise<void> | void

/** Thrown by a handler for a task that can never succeed. */
export class PermanentTaskError extends Error {
  override readonly name = 'PermanentTaskError'
}
