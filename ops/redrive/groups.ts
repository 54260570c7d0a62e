import type { BriefLetter } from '../../services/operator/brief.ts'
import { plain } from '../plain.ts'

/** Dead letters of one type that died of one error. Times are ISO 8601; null where no letter of it has one. */
export interface DeadGroup {
  readonly type: string
  /** Without what varies: see {@link sameError}. */
  readonly error: string
  readonly count: number
  readonly first: string | null
  readonly last: string | null
}

export interface DeadLetterWithError extends BriefLetter {
  /** As the log has it, and what is known where it has none. */
  readonly error: string
}

/** The most frequent first. */
export function groupsOf(letters: readonly DeadLetterWithError[]): readonly DeadGroup[] {
  const groups = Map.groupBy(letters, (letter) => JSON.stringify([letter.type, sameError(letter)]))
  return [...groups]
    .map(([key, members]) => {
      const [type, error] = JSON.parse(key) as [string, string]
      const times = members.flatMap(({ diedAt }) => diedAt ?? []).toSorted()
      return { type, error, count: members.length, first: times[0] ?? null, last: times.at(-1) ?? null }
    })
    .toSorted((one, other) => other.count - one.count)
}

/** As much as two lines of a terminal have room for. */
const maxError = 200
/** Three digits among eight letters, or one among sixteen: an id of whatever kind. */
const ids = /(?<![\w-])(?:(?=(?:[\w-]*\d){3})[\w-]{8,}|(?=[\w-]*\d)[\w-]{16,})(?![\w-])/g
const numbers = /\d+(?:[.,:]\d+)*/g

/**
 * What an error says on one line, its numbers and ids as `#`: those would make a group of each letter. A status of HTTP
 * stays.
 */
export function sameError({ id, error }: Pick<DeadLetterWithError, 'id' | 'error'>): string {
  const text = plain(error).replaceAll(/\s+/g, ' ')
  return (id === '' ? text : text.replaceAll(id, '#'))
    .replaceAll(ids, '#')
    .replaceAll(numbers, (number, at: number, whole: string) =>
      isStatus(number, whole.slice(0, at)) ? number : '#',
    )
    .slice(0, maxError)
}

function isStatus(number: string, before: string): boolean {
  return /^[45]\d\d$/.test(number) && /(?:status|code|http|error)[:= ]{1,2}$/i.test(before)
}

/** Whether an error has this text, as it is shown in a group or as it is in the log. */
export function hasText(letter: DeadLetterWithError, text: string): boolean {
  return sameError(letter).includes(text) || letter.error.includes(text)
}
