import type { Letter } from './letter.ts'

/** What tells one dead letter from another, as short as it can be: 20,000 of them fit into an answer. */
export interface BriefLetter
  extends Pick<Letter, 'id' | 'type' | 'reason' | 'diedAt' | 'redriven' | 'unreadable'> {}

/** The same on the wire; `died` in seconds since 1970. */
export type BriefRow = readonly [
  id: string,
  type: string,
  reason: string,
  died: number | null,
  redriven: number,
  unreadable: string | null,
]

const maxUnreadable = 200

export function briefRow({ id, type, reason, diedAt, redriven, unreadable }: Letter): BriefRow {
  const died = diedAt === null ? null : Date.parse(diedAt) / 1_000
  return [id, type, reason, died, redriven, unreadable?.slice(0, maxUnreadable) ?? null]
}

export function fromBriefRow([id, type, reason, died, redriven, unreadable]: BriefRow): BriefLetter {
  const diedAt = died === null ? null : new Date(died * 1_000).toISOString()
  return { id, type, reason, diedAt, redriven, unreadable }
}
