import * as z from 'zod'

/** What a task's record can say of it. */
export const taskStates = ['accepted', 'running', 'failed', 'done', 'dead', 'cancelled'] as const
export type TaskState = (typeof taskStates)[number]

/** Those in which it stays; only a redriven dead one leaves its own. */
export const finalStates: ReadonlySet<TaskState> = new Set(['done', 'dead', 'cancelled'])

/** Bounds of what the ledger keeps. */
export const ledgerLimits = {
  /** Most bytes of a result, as JSON in UTF-8. */
  resultBytes: 100 * 1024,
  /** Most characters of a reason and of a progress note; more is cut off. */
  textLength: 1_000,
  /** Longest that `GET /tasks/{id}?wait=` holds a request, in seconds: API Gateway gives up after 30. */
  waitSeconds: 20,
  /** How long a `unique` key holds without `uniqueSeconds`. */
  uniqueSeconds: 86_400,
} as const

const time = z.iso.datetime()

/** What `GET /tasks/{id}` answers. Times are ISO 8601 in UTC. */
export const taskStatus = z.object({
  id: z.string(),
  type: z.string(),
  /**
   * `accepted`: it waits, also again, after it was handed back or put off. `failed`: its last try failed, and another
   * one comes.
   */
  state: z.enum(taskStates),
  /** The number of its last try, from 1; 0 before the first. A redriven task starts anew. */
  tries: z.int().min(0),
  /** When it was accepted; where the ledger was not told of that (a foreign AMQP client), when it heard of it first. */
  acceptedAt: time,
  /** Of its last try. */
  startedAt: time.optional(),
  /** When its last try ended, or it was cancelled. Not there while one runs. */
  endedAt: time.optional(),
  /** What the handler of its last try has said last; `value` is from 0 to 1. */
  progress: z.object({ value: z.number().min(0).max(1), note: z.string().optional() }).optional(),
  /** What the handler has returned, of a task that is done. */
  result: z.json().optional(),
  /** Why it is not done. */
  reason: z.string().optional(),
  /** The task whose handler has sent it. */
  parent: z.string().optional(),
})
export type TaskStatus = z.output<typeof taskStatus>

/**
 * A table's keys: partition key `id`, sort key `part`. `accepted`, `try` and `progress` are written without condition and
 * in batches, so each is an item of its own and never overwrites another's; `end` is the only one with a condition.
 */
export const ledgerKeys = { partition: 'id', sort: 'part', expires: 'expires' } as const
export type LedgerPart = 'accepted' | 'try' | 'progress' | 'end' | 'cancelled' | 'redriven'

/** The partition of a `unique` key. No task's id has a `#`. */
export const uniquePartition = (key: string) => `unique#${key}`

/** The partition of what is still open of the tasks that `sendAll` has sent. */
export const joinPartition = (parent: string) => `join#${parent}`

/** The header of a task that `sendAll` has sent: `<parent id>/<index>`. */
export const joinHeader = 'warren-join'

/**
 * The header with what is sent when all of them are done, as JSON. Each has it: whichever is done last sends it, and no
 * payload is ever in the ledger.
 */
export const thenHeader = 'warren-then'

/** Most bytes of the payload of what `sendAll` sends last: each of the tasks before it carries that along. */
export const thenBytes = 16 * 1024

// Times in what follows are milliseconds since 1970.

/** A task was accepted. */
export interface AcceptedTask {
  readonly id: string
  readonly type: string
  readonly acceptedAt: number
  /** When it is due, of a task for later: its record is kept from then on. */
  readonly dueAt?: number | undefined
  readonly parent?: string | undefined
}

/** A try begins. */
export interface BegunTry {
  readonly id: string
  readonly type: string
  /** Differs from that of each other try of the task, also of those that run at the same time. */
  readonly tryId: string
  /** From 1: one more than the failures that the broker counts. */
  readonly number: number
  readonly startedAt: number
  readonly parent?: string | undefined
}

/** What a handler says while it runs. */
export interface TryProgress {
  readonly id: string
  readonly tryId: string
  /** 0 to 1. */
  readonly value: number
  readonly note?: string | undefined
}

/** A try has ended, or the task without one. */
export interface TaskEnd {
  readonly id: string
  readonly type: string
  /** `accepted`: it waits again, and nothing failed (handed back, put off). `failed`: another try comes. */
  readonly state: Exclude<TaskState, 'running'>
  /** Not there where it ended without a try. */
  readonly tryId?: string | undefined
  /** The number of that try, or of the one before. */
  readonly tries: number
  readonly startedAt?: number | undefined
  readonly endedAt: number
  /** JSON text. */
  readonly result?: string | undefined
  readonly reason?: string | undefined
  readonly parent?: string | undefined
}

/** What an operator has done to a task, and when. */
export interface OperatorMark {
  readonly id: string
  readonly at: number
}

/** The operator's part of the ledger: as {@link AcceptanceLedger}, each method rejects when the ledger is away. */
export interface OperatorLedger {
  /** These are not to be done any more: what waits of them shows so at once, the rest by how its try ends. */
  cancel(ids: readonly string[]): Promise<void>
  /** These are to be done all the same. */
  undo(ids: readonly string[]): Promise<void>
  /**
   * These were dead letters, and wait again since then. A time before each was published: one that has died again
   * since then is dead.
   */
  redrive(marks: readonly OperatorMark[]): Promise<void>
}

/** What the ledger has of one task. */
export interface TaskRecord {
  readonly cancelled?: OperatorMark | undefined
  readonly redriven?: OperatorMark | undefined
  readonly accepted?: AcceptedTask | undefined
  readonly try?: BegunTry | undefined
  readonly progress?: TryProgress | undefined
  readonly end?: TaskEnd | undefined
}

/** A request's wish that a key be used once. */
export interface Reservation {
  readonly key: string
  /** The id of the task that asks for it. */
  readonly id: string
  /** How long the key holds. */
  readonly seconds: number
}

/** Who has a key. */
export interface Reserved {
  /** The task that has it now. */
  readonly id: string
  /**
   * `ours`: the task is to be published under that id. It has the key itself, or takes over from a request that has
   * died between its reservation and the broker's confirm. `published`: it is in its queue, or was. `under-way`: another
   * request has reserved the key, and nobody knows yet what becomes of its task.
   */
  readonly state: 'ours' | 'published' | 'under-way'
  /**
   * Nobody had the key before. Where it is not there, an earlier request may have published its task: the key must not
   * be released.
   */
  readonly isNew?: true
}

/**
 * The producer's half of the ledger. Each method rejects when it is not known that all was written (or read) in time:
 * the ledger is away.
 */
export interface AcceptanceLedger {
  /** Reserves keys that differ; gives what became of each, in the same order. */
  reserve(reservations: readonly Reservation[]): Promise<readonly Reserved[]>
  /** The broker has confirmed these. */
  confirm(reservations: readonly Reservation[]): Promise<void>
  /** The broker has refused these. Best effort: never rejects. */
  release(reservations: readonly Reservation[]): Promise<void>
  accept(tasks: readonly AcceptedTask[]): Promise<void>
  /** These were not accepted after all. Best effort: never rejects. */
  withdraw(ids: readonly string[]): Promise<void>
  read(id: string): Promise<TaskStatus | undefined>
}

/** The worker's half: as {@link AcceptanceLedger}, each method rejects when the ledger is away. */
export interface TryLedger {
  /** What a handler has sent. */
  accept(tasks: readonly AcceptedTask[]): Promise<void>
  begin(begun: BegunTry): Promise<void>
  progress(progress: TryProgress): Promise<void>
  /**
   * Writes an end unless the task has a final one already. Only a try that began after the task was `dead` (redriven),
   * or one that is `done`, leaves that behind.
   * @returns `finished` when the task had its final end before, by another try
   */
  end(end: TaskEnd): Promise<'written' | 'finished'>
}

/**
 * The ledger will not take this, however often it is asked: what is wrong is in it. Whatever else a method of a ledger
 * rejects with may pass, a missing right or table too: somebody can give those.
 */
export class LedgerRefusalError extends Error {
  override readonly name = 'LedgerRefusalError'
}

/** What became of a join when an index was closed: `due` when none is open and `then` is not known to be sent. */
export type JoinState = 'open' | 'due' | 'over' | 'gone'

/** What is open of the tasks that `sendAll` has sent. Each method may be asked again; each rejects when the ledger is away. */
export interface JoinLedger {
  /**
   * So many children, indexes from 0, are to be done before `then` is sent. For the same number again: nothing changes.
   * @param dueAt when the last of them is due, where some are for later: it is kept for the longer
   */
  open(parent: string, children: number, dueAt?: number): Promise<void>
  /** The child with this index is done. `gone`: there is no such join, or not any more. */
  close(parent: string, index: number): Promise<JoinState>
  /** `then` was sent. */
  finish(parent: string): Promise<void>
}

/** All that workers ask of the ledger. */
export interface WorkerLedger {
  readonly tries: TryLedger
  readonly joins: JoinLedger
}
