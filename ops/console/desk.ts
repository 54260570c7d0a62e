import type { Desk } from '../../local/page/desk.ts'
import type { ActionResult, DeadTask, WhichLetters } from '../../local/page/desk-words.ts'
import { cancelledSeconds } from '../../services/contract/cancelled.ts'
import type { Letter } from '../../services/operator/letter.ts'
import { move } from '../redrive/move.ts'
import type { Target } from '../target/target.ts'
import { searchTasks } from '../tasks/search.ts'
import { storyOf } from '../tasks/story.ts'

/** The most tasks that a search gives: in AWS, what Logs Insights answers at a time. */
const maxFound = { local: 100_000, deployed: 10_000 }
/** The most that the operator function gives at a time. */
const maxListed = 500

/** What the page's operator looks up and does, by what the operator's commands use. */
export function deskOf(target: Target): Desk {
  const { environment, taskRecords, sampled } = target
  return {
    setPaused: (paused) => setPaused(target, paused),
    cancel: (ids, undo) => cancel(target, ids, undo),
    deadLetters: () => deadLetters(target),
    redrive: (which, signal) => redrive(target, which, signal),
    cost: async (times) => (await taskRecords.cost(times)) ?? { bytes: 0, usd: 0 },
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

async function cancel({ control }: Target, ids: readonly string[], undo: boolean): Promise<ActionResult> {
  const { gone } = await control.cancel({ ids, undo })
  const what = ids.length === 1 ? `the id ${ids[0]}` : `${ids.length} ids`
  if (undo) return yes(`${what} can be done again`)
  const lost = gone > 0 ? `; ${gone} older ids had to leave the list` : ''
  return yes(`${what} cancelled for ${cancelledSeconds / 86_400} days${lost}`)
}

async function deadLetters({ deadLetters }: Target) {
  const at = Date.now()
  const { letters, deadLetters: count } = await deadLetters.list({ action: 'list', limit: maxListed })
  const errors = await deadLetters.lastErrors(letters)
  return { at, count, letters: letters.map((letter) => deadTask(letter, errors)) }
}

function deadTask(letter: Letter, errors: ReadonlyMap<string, string>): DeadTask {
  const { id, type, reason, unreadable, diedAt, redriven } = letter
  const error = errors.get(id) ?? (unreadable ? `unreadable: ${unreadable}` : null)
  return { id, type, error, reason, diedAt, redriven }
}

async function redrive(
  { queue, deadLetters }: Target,
  which: WhichLetters,
  signal: AbortSignal,
): Promise<ActionResult> {
  const { moved, left, stopped } = await move(deadLetters, which, signal, () => undefined)
  const what = moved === 1 ? '1 dead letter' : `${moved} dead letters`
  const done = `${what} moved back to ${queue}, ${left} left`
  return stopped ? no(`${done}: the broker refused the next one (${stopped}); try again later`) : yes(done)
}

const yes = (message: string): ActionResult => ({ ok: true, message })
const no = (message: string): ActionResult => ({ ok: false, message })
