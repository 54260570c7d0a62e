import { maxLetters } from '../../services/operator/request.ts'
import { createProgress } from '../command-line/progress.ts'
import type { Call } from './call.ts'
import { type Moved, move } from './move.ts'

/** Moves the dead letters that a call asks for, and says how many. */
export async function moveThem({ target, filter, first, json, signal }: Call): Promise<number> {
  const progress = createProgress(process.stderr)
  signal.addEventListener('abort', () => progress.say('stopping after this step ...'))
  progress.show(['moving dead letters ...'])
  let total: Moved = { moved: 0, left: 0 }
  try {
    for (const part of requestsOf(filter)) {
      if (signal.aborted || total.stopped) break
      const before = total.moved
      if (first !== undefined && before >= first) break
      const limit = first === undefined ? {} : { limit: first - before }
      await move(target.deadLetters, { ...part, ...limit }, signal, (step) => {
        total = { ...step, moved: before + step.moved }
        progress.show([`${total.moved} moved, ${total.left} left`])
      })
    }
  } catch (error) {
    progress.clear()
    const said = error instanceof Error ? error.message : String(error)
    throw new Error(`${said}; ${total.moved} dead letters had been moved by then`, { cause: error })
  }
  progress.clear()
  const { moved, left, stopped } = total
  if (json) console.log(JSON.stringify({ environment: target.name, ...total }))
  else if (filter.ids?.length === 0) console.log('no dead letter matches: nothing was moved')
  else console.log(`${moved} dead letters moved back to ${target.queue}, ${left} left`)
  if (stopped) throw new Error(`the broker refused the next one (${stopped}): run the command again later`)
  return 0
}

/** As many requests as ids need; none for no id. */
export function requestsOf<Filter extends Pick<Call['filter'], 'ids'>>(filter: Filter): readonly Filter[] {
  const { ids } = filter
  if (ids === undefined) return [filter]
  return Array.from({ length: Math.ceil(ids.length / maxLetters) }, (_, index) => ({
    ...filter,
    ids: ids.slice(index * maxLetters, (index + 1) * maxLetters),
  }))
}
