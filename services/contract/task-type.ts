import type * as z from 'zod'
import type { Logger } from './log.ts'

/** What is known of a type that another one sends. */
export interface Sendable<Name extends string = string, Schema extends z.ZodType = z.ZodType> {
  /** The name that clients send: `[a-z][a-z0-9-]{0,63}`. */
  readonly type: Name
  /** What a payload must look like. The producer refuses what does not fit, the worker hands the parsed value to the handler. */
  readonly payload: Schema
}

/** What the producer and infra know of a task type. No handler's code is reached from here. */
export interface TaskType<
  Schema extends z.ZodType = z.ZodType,
  Name extends string = string,
  Sends extends readonly (Sendable | string)[] = readonly (Sendable | string)[],
> extends Sendable<Name, Schema> {
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
  /**
   * What its handler may send: declarations; or names, where a declaration cannot be imported, since it is this one or
   * imports this one. The broker lets workers write where their types send, and nowhere else.
   */
  readonly sends?: Sends
  /** Its handler may end a slice of its work with `continueWith`. */
  readonly continues?: boolean
  /** How often in a row a task may end with a RetryLaterError uncounted: `max` is 1 to 1,000. Then it counts as failed. */
  readonly retryLater?: { readonly max: number }
  /** The handler's module, a file in services/tasks. A path, not an import, so that only the worker's bundle has its code. */
  readonly handler: `./${string}.handler.ts`
}

/** Declares a task type. `timeoutSeconds` is 60 unless given. */
export function taskType<
  Schema extends z.ZodType,
  const Name extends string,
  const Sends extends readonly (Sendable | string)[] = readonly [],
>(
  declaration: Omit<TaskType<Schema, Name, Sends>, 'timeoutSeconds'> & { readonly timeoutSeconds?: number },
): TaskType<Schema, Name, Sends> {
  return { timeoutSeconds: 60, ...declaration }
}

/** What a handler may send: what its type lists, where names are found among `Type` itself and `Named`. */
type Sent<Type extends TaskType, Named extends Sendable> =
  | Extract<Listed<Type>, Sendable>
  | Extract<Type | Named, { readonly type: Extract<Listed<Type>, string> }>
type Listed<Type extends TaskType> = NonNullable<Type['sends']>[number]
type PayloadOf<Type extends Sendable, Name extends string> = z.input<
  Extract<Type, { readonly type: Name }>['payload']
>

type Sendings<Type extends Sendable> = {
  [Name in Type['type']]: TaskToSend<Name, PayloadOf<Type, Name>>
}[Type['type']]
type LastSending<Type extends Sendable> = {
  [Name in Type['type']]: LastTask<Name, PayloadOf<Type, Name>>
}[Type['type']]

/** What a task may be sent with. */
export interface SendOptions {
  /** Any but those of the others and of the task itself. @default `<id>.<n>`, where n counts from 1 what this task sends */
  readonly id?: string
  /** 0 to 31. @default that of its type */
  readonly priority?: number
  /** For whom it is done, see docs/tenants.md. @default that of the task that sends it */
  readonly tenant?: string
  /** After which it is to be done, whole, 1 to 604,800. @default at once */
  readonly delaySeconds?: number
}

/** A task as `sendAll` takes it; {@link SendOptions} stand beside its type and payload. */
export interface TaskToSend<Name extends string = string, Payload = unknown> extends SendOptions {
  readonly type: Name
  readonly payload: Payload
}
/** What `sendAll` sends last: its id is given. */
export type LastTask<Name extends string = string, Payload = unknown> = Omit<TaskToSend<Name, Payload>, 'id'>

/** What a handler is given beside the payload. */
export interface HandlerContext<Type extends TaskType = TaskType, Named extends Sendable = never> {
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
  /**
   * Sends a task when the handler has returned, before this one is acknowledged: a handler that throws has sent nothing.
   * It may reach its queue twice, where this task is tried again, then with the same id.
   * @returns its id
   * @throws SendError at once when the type does not list that one, the payload does not fit its schema, the id is
   * taken, or the try has sent as much as it may: 1,000 tasks or 128 MiB.
   */
  send<Name extends Sent<Type, Named>['type']>(
    type: Name,
    payload: PayloadOf<Sent<Type, Named>, Name>,
    options?: SendOptions,
  ): string
  /**
   * Sends tasks as `send` does and, when the last of them is done, `then`, once, under the id `<id>.then`. One that
   * becomes a dead letter holds it up until it is redriven and done; one that is cancelled holds it up for good.
   * @returns the ids of the tasks
   * @throws SendError as `send`; without a ledger; in a type that `continues`; when called a second time; or when the
   * payload of `then` has more than 16 KiB.
   */
  sendAll(tasks: readonly Sendings<Sent<Type, Named>>[], then: LastSending<Sent<Type, Named>>): string[]
  /**
   * Has this task go on later with another payload, at the queue's end and as often as it takes: the same id, type,
   * priority and trace, and no failures. Published when the handler has returned, before this slice is acknowledged.
   * @throws SendError at once when the type does not say `continues`, the payload does not fit its schema, or it is
   * called a second time.
   */
  continueWith(payload: z.input<Type['payload']>): void
  /**
   * Says how far the task is, for `GET /tasks/{id}`: at most one word a second is written, and the last one always.
   * Without a ledger nobody reads it.
   * @param value 0 to 1
   * @param note up to 1,000 characters; more is cut off
   * @throws RangeError or TypeError at once for any other value
   */
  progress(value: number, note?: string): void
  /** Writes log lines that carry the task's id, type and trace. */
  readonly log: Logger
}

/** What JSON can say. What is undefined is left out. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined }

/**
 * Does the work of one task. Returning means done; throwing means failed, and the task is tried again later;
 * throwing a PermanentTaskError means that no try will ever succeed, and the task becomes a dead letter at once.
 * What it returns is the task's result, where the environment keeps a ledger: up to 100 KB as JSON. Where it is more, or
 * JSON cannot say it, the try has failed. Without a ledger it is not looked at.
 * `Named`: declarations that `sends` lists by name only.
 */
export type Handler<Type extends TaskType, Named extends Sendable = never> = (
  payload: z.output<Type['payload']>,
  context: HandlerContext<Type, Named>,
) => Promise<Json | undefined> | Promise<void> | Json | void

/** Thrown by a handler for a task that can never succeed. */
export class PermanentTaskError extends Error {
  override readonly name = 'PermanentTaskError'
}

/**
 * Thrown by a handler for a task that is to be done later, such as when a service has answered 429 with Retry-After:
 * it comes back then, as often as `retryLater` of its type allows, and no failure is counted.
 */
export class RetryLaterError extends Error {
  override readonly name = 'RetryLaterError'
  readonly seconds: number

  /** @param seconds rounded up to a whole number from 1 to 604,800 */
  constructor(seconds: number, message = `to be done in ${seconds} s`) {
    super(message)
    this.seconds = seconds
  }
}
