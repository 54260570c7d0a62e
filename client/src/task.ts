/**
 * A task type as senders know it: a declaration of `services/tasks`, or a name and the payload's own type, such as
 * `{ type: 'resize'; payload: { image: string; width: number } }`.
 */
export interface TaskKind {
  readonly type: string
  readonly payload: unknown
}

/** What a declared schema takes in (https://standardschema.dev, which zod's have); a plain type is the payload itself. */
type Payload<Declared> = Declared extends { readonly '~standard': { readonly types?: infer Types } }
  ? NonNullable<Types> extends { readonly input: infer Input }
    ? Input
    : unknown
  : Declared

/** The payload of the task type that has this name. */
export type PayloadOf<Kind extends TaskKind, Name extends string> = Kind extends unknown
  ? Name extends Kind['type']
    ? Payload<Kind['payload']>
    : never
  : never

/** What may be said of a task beside its type and payload. */
export interface TaskDetails {
  /**
   * 1 to 128 of A-Z a-z 0-9 . _ : -. Choose it yourself where the same thing may be sent twice: it is the task's
   * idempotency key.
   * @default a UUID, made before the first try
   */
  readonly id?: string | undefined
  /** 0 to 31, the highest first. @default that of the type */
  readonly priority?: number | undefined
  /** For whom it is done, of the same characters as ids: who sends many tasks waits behind who sends few. */
  readonly tenant?: string | undefined
  /** When it is due, from its acceptance: whole, 1 to 604,800. @default at once */
  readonly delaySeconds?: number | undefined
  /** A second task with this key is not made: it has the first one's id. Needs the environment's ledger. */
  readonly unique?: string | undefined
  /** How long the key holds: whole, 1 to 86,400 × the ledger's days. @default 86,400 */
  readonly uniqueSeconds?: number | undefined
}

/** A task to be sent. */
export type NewTask<Kind extends TaskKind = TaskKind> = Kind extends unknown
  ? TaskDetails & { readonly type: Kind['type']; readonly payload: Payload<Kind['payload']> }
  : never

/** What became of a task, as the ledger has it. Times are ISO 8601. */
export interface TaskReport {
  readonly id: string
  readonly type: string
  /** `failed`: a try has failed and another one comes. `done`, `dead` and `cancelled` are final. */
  readonly state: 'accepted' | 'running' | 'failed' | 'done' | 'dead' | 'cancelled'
  /** The number of its last try, from 1; 0 before the first. */
  readonly tries: number
  readonly acceptedAt: string
  /** Of its last try. */
  readonly startedAt?: string
  readonly endedAt?: string
  /** What its handler has said last; `value` is from 0 to 1. */
  readonly progress?: { readonly value: number; readonly note?: string }
  /** What its handler has returned: JSON. */
  readonly result?: unknown
  /** Why it is not done. */
  readonly reason?: string
  /** The task whose handler has sent it. */
  readonly parent?: string
}

/** Ready tasks and consumers; of several queues their sums, and each one's own. */
export interface Depth {
  readonly ready: number
  readonly consumers: number
  readonly queues?: Readonly<Record<string, { readonly ready: number; readonly consumers: number }>>
}
