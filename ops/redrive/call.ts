import type { Target } from '../target/target.ts'
import type { DeadLetterFilter } from './read.ts'

/** What the user asks of `npm run redrive`. */
export interface Call {
  readonly target: Target
  readonly filter: DeadLetterFilter
  /** At most so many. */
  readonly first: number | undefined
  /** What their last errors contain. */
  readonly error: string | undefined
  /** To what a large search of the logs costs. */
  readonly agreed: boolean
  readonly json: boolean
  readonly signal: AbortSignal
}

/** The command that does the same and moves them. */
export function commandThatMoves(): string {
  const given = process.argv.slice(2).filter((word) => word !== '--list' && word !== '--json')
  const quoted = given.map((word) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`,
  )
  return `npm run redrive -- ${quoted.join(' ')} --yes`
}
