import type { Desk } from '../../local/page/desk.ts'
import type { ActionResult, DeadLettersSeen, DeadTask, WhichLetters } from '../../local/page/desk-words.ts'
import { cancelledSeconds } from '../../services/contract/cancelled.ts'
import { type DeadLetterWithError, sameError } from '../redrive/groups.ts'
import { type Moved, move } from '../redrive/move.ts'
import { requestsOf } from '../redrive/move-them.ts'
import { costOfErrors, readDeadLetters, withErrors, withoutErrors } from '../redrive/read.ts'
import type { Target } from '../target/target.ts'
import { isLarge } from '../tasks/consent.ts'
import { searchTasks } from '../tasks/search.ts'
import { storyOf } from '../tasks/story.ts'

/** The most tasks that a search gives: in AWS, what Logs Insights answers at a time. */
const maxFound = { local: 100_000, deployed: 10_000 }

/**
 * What the page's operator looks up and does, by what the operator's commands use.
 * @param all queues of the environment: a task is cancelled wherever it may be
 */
export function deskOf(target: Target, all: readonly Target[]): Desk {
  const { environment, taskRecords, sampled } = target
  return {
    setPaused: (paused) => setPaused(target, paused),
    cancel: (ids, undo) => cancel(all, ids, undo),
    deadLetters: (agreed, signal) => deadLetters(target, agreed, signal),
    redrive: (which, signal) => redrive(target, which, signal),
    async cost(times) {
      const cost = await taskRecords.cost(times)
      return cost === undefined ? { bytes: 0, usd: 0, large: false } : { ...cost, large: isLarge(cost) }
    },
    async search(search, signal) {
      const limit = environment === 'local' ? maxFound.local : maxFound.deployed
      return { ...(await searchTasks(target, { ...search, limit }, signal)), sampled }
    },
    story: (id, since, signal) => storyOf(target, id, { from: since, signal }),
  }
}

async function setPaused({ queue, control }: Target, paused: boolean): Promise<ActionResult> {
  const result = await control.setPaused(paused)
  if (result.paused !== paused) return no('somebody else has asked for the opposite just now')
  if (!paused) return yes(`${queue} takes tasks again`)
  if (result.consumers === 0) return yes(`${queue} is paused: what runs is finished`)
  return no(
    `${queue} is paused, and ${result.consumers} slots have not heard of it yet: they take tasks until they have`,
  )
}

async function cancel(all: readonly Target[], ids: readonly string[], undo: boolean): Promise<ActionResult> {
  const results = await Promise.all(all.map(({ control }) => control.cancel({ ids, undo })))
  const gone = results.reduce((sum, result) => sum + result.gone, 0)
  const what = ids.length === 1 ? `the id ${ids[0]}` : `${ids.length} ids`
  if (undo) return yes(`${what} can be done again`)
  const lost = gone > 0 ? `; ${gone} older ids had to leave the list` : ''
  return yes(`${what} cancelled for ${cancelledSeconds / 86_400} days${lost}`)
}

async function deadLetters(target: Target, agreed: boolean, signal: AbortSignal): Promise<DeadLettersSeen> {
  const at = Date.now()
  const { letters, deadLetters: count } = await readDeadLetters(target, {}, signal)
  const cost = await costOfErrors(target, letters)
  if (cost !== undefined && isLarge(cost) && !agreed)
    return { at, count, letters: withoutErrors(letters).map(deadTask), unread: cost }
  const read = await withErrors(target, letters, signal)
  return { at, count, letters: read.letters.map(deadTask) }
}

function deadTask(letter: DeadLetterWithError): DeadTask {
  const { id, type, diedAt, redriven } = letter
  return { id, type, error: sameError(letter), diedAt, redriven }
}

async function redrive(
  { queue, deadLetters }: Target,
  which: WhichLetters,
  signal: AbortSignal,
): Promise<ActionResult> {
  let total: Moved = { moved: 0, left: 0 }
  for (const part of requestsOf(which)) {
    if (signal.aborted || total.stopped) break
    const before = total.moved
    const step = await move(deadLetters, part, signal, () => undefined)
    total = { ...step, moved: before + step.moved }
  }
  const { moved, left, stopped } = total
  const what = moved === 1 ? '1 dead letter' : `${moved} dead letters`
  const done = `${what} moved back to ${queue}, ${left} left`
  return stopped ? no(`${done}: the broker refused the next one (${stopped}); try again later`) : yes(done)
}

const yes = (message: string): ActionResult => ({ ok: true, message })
const no = (message: string): ActionResult => ({ ok: false, message })
