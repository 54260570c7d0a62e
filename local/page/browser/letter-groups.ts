import type { DeadTask } from '../desk-words.ts'

/** Dead letters of one type with one last error. */
export interface Group {
  readonly key: string
  readonly type: string
  readonly error: string
  readonly members: DeadTask[]
  first: string | null
  last: string | null
}

/** Those with the most letters first. */
export function lettersByError(letters: readonly DeadTask[]): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const letter of letters) {
    const { type, diedAt, error } = letter
    const key = `${type} ${error}`
    const group = groups.get(key) ?? { key, type, error, members: [], first: diedAt, last: diedAt }
    groups.set(key, group)
    group.members.push(letter)
    if (diedAt !== null && (group.first === null || diedAt < group.first)) group.first = diedAt
    if (diedAt !== null && (group.last === null || diedAt > group.last)) group.last = diedAt
  }
  return [...groups.values()].toSorted((one, other) => other.members.length - one.members.length)
}
