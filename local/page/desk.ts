import * as z from 'zod'
import { maxCancelled } from '../../services/contract/cancelled.ts'
import { outcomes } from '../../services/contract/log.ts'
import { taskIdPattern } from '../../services/contract/task.ts'
import type {
  ActionResult,
  DeadLettersSeen,
  DeskWish,
  ReadingAhead,
  SearchedTimes,
  SeenStory,
  SoughtTasks,
  TasksSeen,
  WhichLetters,
} from './desk-words.ts'

const moment = z.int().min(0)
const times = { from: moment, to: moment }
const search = z.strictObject({
  ...times,
  id: z.string().max(128).optional(),
  type: z.string().optional(),
  outcome: z.enum(outcomes).optional(),
})
const which = z.strictObject({ diedBefore: moment.optional(), ids: z.array(z.string()).min(1).optional() })
const cancelled = z.array(z.string().regex(taskIdPattern)).min(1).max(maxCancelled)

const wishes: z.ZodType<DeskWish> = z.discriminatedUnion('wish', [
  z.strictObject({ wish: z.enum(['pause', 'resume']) }),
  z.strictObject({ wish: z.literal('deadLetters'), agreed: z.boolean() }),
  z.strictObject({ wish: z.literal('cancel'), ids: cancelled, undo: z.boolean() }),
  z.strictObject({ wish: z.literal('redrive'), which }),
  z.strictObject({ wish: z.literal('cost'), ...times }),
  z.strictObject({ wish: z.literal('search'), search }),
  z.strictObject({ wish: z.literal('story'), id: z.string().min(1).max(128), since: moment }),
])

/** What an operator looks up and does, of one queue. `ops/console` has it for local and deployed queues. */
export interface Desk {
  setPaused(paused: boolean): Promise<ActionResult>
  cancel(ids: readonly string[], undo: boolean): Promise<ActionResult>
  /** @param agreed to what reading their errors costs */
  deadLetters(agreed: boolean, signal: AbortSignal): Promise<DeadLettersSeen>
  /** @param signal ends it after the step that is under way */
  redrive(which: WhichLetters, signal: AbortSignal): Promise<ActionResult>
  /** What a search of these times would read. */
  cost(times: SearchedTimes): Promise<ReadingAhead>
  search(search: SoughtTasks, signal: AbortSignal): Promise<TasksSeen>
  /** @param since milliseconds since 1970: what was logged before is not read */
  story(id: string, since: number, signal: AbortSignal): Promise<SeenStory>
}

/** An answer to a wish: what came of it, or what was asked for. */
export type DeskAnswer = ActionResult & {
  readonly answer?: DeadLettersSeen | TasksSeen | SeenStory | ReadingAhead
}

/**
 * Does what the page asks for; `text` is the request's body. What fails is an answer too, in the words of the error:
 * those of ops/target say what to do.
 */
export async function atDesk(
  text: string,
  open: () => Promise<Desk>,
  signal: AbortSignal,
): Promise<DeskAnswer> {
  try {
    const wish = wishes.parse(JSON.parse(text))
    return await grant(wish, await open(), signal)
  } catch (error) {
    const message = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error)
    return { ok: false, message }
  }
}

async function grant(wish: DeskWish, desk: Desk, signal: AbortSignal): Promise<DeskAnswer> {
  const found = (answer: NonNullable<DeskAnswer['answer']>) => ({ ok: true, message: '', answer })
  switch (wish.wish) {
    case 'pause':
    case 'resume':
      return desk.setPaused(wish.wish === 'pause')
    case 'cancel':
      return desk.cancel(wish.ids, wish.undo)
    case 'redrive':
      return desk.redrive(wish.which, signal)
    case 'deadLetters':
      return found(await desk.deadLetters(wish.agreed, signal))
    case 'cost':
      return found(await desk.cost(wish))
    case 'search':
      return found(await desk.search(wish.search, signal))
    case 'story':
      return found(await desk.story(wish.id, wish.since, signal))
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
