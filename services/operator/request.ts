import * as z from 'zod'
import { maxCancelled } from '../contract/cancelled.ts'
import { taskIdPattern } from '../contract/task.ts'
import type { BriefRow } from './brief.ts'

const count = z.int().min(1)

/** Most ids in a request, and most letters in an answer: Lambda takes and gives 6 MB, and an id may have 255 bytes. */
export const maxLetters = 20_000

const filter = {
  type: z.string().optional(),
  /** `rejected`, `delivery_limit`, … */
  reason: z.string().optional(),
  /** Died at least so many seconds ago. */
  olderThanSeconds: z.number().min(0).optional(),
  /** Only those with one of these ids. AMQP's have up to 255 bytes, and are empty where a message has none. */
  ids: z.array(z.string().max(255)).min(1).max(maxLetters).readonly().optional(),
}

/** What the operator function is asked. Local commands call the same functions with the same requests. */
export const operatorRequest = z.discriminatedUnion('action', [
  /** → `{ deadLetters }` */
  z.strictObject({ action: z.literal('count') }),
  /** → `{ letters, scanned, deadLetters }`: a page, the oldest first; nothing is moved. */
  z.strictObject({
    action: z.literal('list'),
    ...filter,
    skip: z.int().min(0).default(0),
    limit: count.max(500).default(50),
    seconds: z.number().positive().default(20),
  }),
  /** → {@link LettersResult}: all in short, in the order of their queue; nothing is moved. */
  z.strictObject({
    action: z.literal('letters'),
    ...filter,
    skip: z.int().min(0).default(0),
    seconds: z.number().positive().default(20),
  }),
  /** → {@link RedriveResult}: moves dead letters back to the work queue, or with `dryRun` tells how many it would. */
  z.strictObject({
    action: z.literal('redrive'),
    ...filter,
    /** The most that are moved. Default: all. */
    limit: count.optional(),
    dryRun: z.boolean().default(true),
    /** Longest time for this step; what is left is for the next one. */
    seconds: z.number().positive().default(20),
    /** Milliseconds since 1970: leaves what died later alone. Set in `next`, for tasks that fail again meanwhile. */
    diedBefore: z.number().optional(),
  }),
  /** → {@link PauseResult}: the workers finish what runs, and take nothing new. Paused again, it stays paused. */
  z.strictObject({ action: z.literal('pause') }),
  /** → {@link PauseResult}: the workers take tasks again. */
  z.strictObject({ action: z.literal('resume') }),
  /** → {@link CancelResult}: tasks of these ids are not done any more, or, with `undo`, are done again. */
  z.strictObject({
    action: z.literal('cancel'),
    ids: z.array(z.string().regex(taskIdPattern)).min(1).max(maxCancelled).readonly(),
    undo: z.boolean().default(false),
  }),
])

export type OperatorRequest = z.input<typeof operatorRequest>
export type RedriveRequest = Extract<z.output<typeof operatorRequest>, { action: 'redrive' }>
export type CancelRequest = Extract<z.output<typeof operatorRequest>, { action: 'cancel' }>
export type LettersRequest = Extract<z.output<typeof operatorRequest>, { action: 'letters' }>
export type ListRequest = Extract<z.output<typeof operatorRequest>, { action: 'list' }>

export interface LettersResult {
  readonly letters: readonly BriefRow[]
  /** Those that were asked for, as far as it came. */
  readonly matched: number
  /** How many it came to look at within `seconds`. */
  readonly scanned: number
  /** All in the queue. */
  readonly deadLetters: number
}

/** It cannot say whether there are such tasks: a queue cannot be searched. */
export interface CancelResult {
  readonly ids: readonly string[]
  readonly undo: boolean
  /** How many ids are on the list now. */
  readonly listed: number
  /** How many had to leave it before their time, since it was full. */
  readonly gone: number
}

export interface PauseResult {
  readonly paused: boolean
  /** Whether that was so before. */
  readonly before: boolean
  /** Slots that still consume. After a pause 0, unless a worker does not hear: within five seconds, or older than pausing. */
  readonly consumers: number
}

export interface RedriveResult {
  readonly dryRun: boolean
  /** Dead letters that were looked at. */
  readonly scanned: number
  /** Those of them that were asked for. */
  readonly matched: number
  readonly moved: number
  /** Dead letters in the queue afterwards, of whatever kind. */
  readonly left: number
  /** What the broker did not take; that letter stays. Not there when it took all. */
  readonly stopped?: 'queue full' | 'unroutable' | 'no confirm in time' | undefined
  /**
   * The request that continues after this step; undefined when all is done. If a step moved nothing, give the next one
   * more `seconds`: it looks again at the letters that do not match, since those went back.
   */
  readonly next?: RedriveRequest
}
