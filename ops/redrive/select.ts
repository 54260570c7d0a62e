import { createProgress } from '../command-line/progress.ts'
import type { ReadingCost } from '../target/task-records.ts'
import { mayRead } from '../tasks/consent.ts'
import type { Call } from './call.ts'
import { type DeadLetterWithError, hasText } from './groups.ts'
import { costOfErrors, type DeadLettersRead, readDeadLetters, withErrors, withoutErrors } from './read.ts'

export interface Selected extends Omit<DeadLettersRead, 'letters'> {
  readonly letters: readonly DeadLetterWithError[]
  /** Why the logs were not read; undefined where they were. */
  readonly unread?: string
  /** What was searched for them. */
  readonly read: ReadingCost
}

/** The dead letters that a call asks for, with their errors where the logs may be read. */
export async function select(call: Call): Promise<Selected> {
  const { target, filter, error, agreed, signal, first = Number.POSITIVE_INFINITY } = call
  const progress = createProgress(process.stderr)
  try {
    progress.show(['reading the dead letters ...'])
    const found = await readDeadLetters(target, filter, signal)
    progress.clear()
    const { allowed, said } = await mayRead(await costOfErrors(target, found.letters), agreed)
    if (!allowed)
      return {
        ...found,
        letters: withoutErrors(found.letters).slice(0, first),
        unread: said,
        read: { bytes: 0, usd: 0 },
      }
    progress.show(['reading why they died ...'])
    const { letters, readings } = await withErrors(target, found.letters, signal)
    const wanted = error === undefined ? letters : letters.filter((letter) => hasText(letter, error))
    return {
      ...found,
      matched: error === undefined ? found.matched : wanted.length,
      letters: wanted.slice(0, first),
      read: {
        bytes: readings.reduce((sum, { bytes }) => sum + bytes, 0),
        usd: readings.reduce((sum, { usd }) => sum + usd, 0),
      },
    }
  } finally {
    progress.clear()
  }
}

/**
 * The call for those letters alone whose last error is as asked: by their ids, since only the logs know errors.
 * @throws Error where the logs were not read
 */
export async function selectByError(call: Call): Promise<Call> {
  const { letters, unread } = await select(call)
  if (unread !== undefined) throw new Error(`${unread}: add --scan to have it searched`)
  const ids = letters.flatMap(({ id }) => (id === '' ? [] : [id]))
  const nameless = letters.length - ids.length
  if (nameless > 0)
    console.error(`${nameless} of them have no id and are left alone: select them by --type or --reason`)
  return { ...call, filter: { ...call.filter, ids }, error: undefined }
}
