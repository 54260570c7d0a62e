import type { Desk } from '../../local/page/desk.ts'
import type { ActionResult, DeadTask, WhichLetters } from '../../local/page/desk-words.ts'
import { cancelledSeconds } from '../../services/contract/cancelled.ts'
import type { Letter } from '../../services/operator/letter.ts'
import { move } from '../redrive/move.ts'
import type { Target } from '../target/target.ts'
import { search } from './search.ts'
import { story } from './story.ts'

/** What the page's operator looks up and does, by what the operator's commands use. */
export function deskOf(target: Target): Desk {
  const { queue, control, deadLetters } = target
  return {
    async setPaused(paused) {
      const result = await control.setPaused(paused)
      if (result.paused !== paused) return no('somebody else has asked for the opposite just now')
      if (paused && result.consumers > 0)
        return no(`${queue} is paused, and ${result.consumers} slots have not heard of it yet: pause again`)
      return yes(paused ? `${queue} is paused: what runs is finished` : `${queue} takes tasks again`)
    },
    async cancel(ids, undo) {
      const { gone } = await control.cancel({ ids, undo })
      const what = ids.length === 1 ? `the id ${ids[0]}` : `${ids.length} ids`
      if (undo) return yes(`${what} can be done again`)
      const lost = gone > 0 ? `; ${gone} older ids had to leave the list` : ''
      return yes(`${what} cancelled for ${cancelledSeconds / 86_400} days${lost}`)
    },
    async deadLetters() {
      const at = Date.now()
      const { letters, deadLetters: count } = await deadLetters.list({ action: 'list', limit: maxListed })
      const errors = await deadLetters.lastErrors(letters)
      return { at, count, letters: letters.map((letter) => deadTask(letter, errors)) }
    },
    redrive: (which, signal) => redrive(target, which, signal),
    search: (wanted) => search(target, wanted),
    story: (id) => story(target, id),
  }
}

/** The most that the operator function gives at a time. */
const maxListed = 500

function deadTask(letter: Letter, errors: ReadonlyMap<string, string>): DeadTask {
  const { id, type, reason, unreadable, diedAt, redriven } = letter
  const error = errors.get(id) ?? (unreadable ? `unreadable: ${unreadable}` : reason || 'unknown')
  return { id, type, error, diedAt: diedAt === null ? null : Date.parse(diedAt), redriven }
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
