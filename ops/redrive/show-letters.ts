import type { Letter } from '../../services/operator/letter.ts'
import type { Target } from '../target/target.ts'
import { type Call, commandThatMoves } from './call.ts'
import { letterTable } from './table.ts'

const shown = 50
/** The most that the operator function gives at a time. */
const maxListed = 500

/** Prints single dead letters. */
export async function showLetters({ target, filter, first, json }: Call): Promise<number> {
  if (filter.ids?.length === 0) return nothing(json, target)
  const limit = Math.min(first ?? Number.POSITIVE_INFINITY, json ? maxListed : shown)
  const { letters, deadLetters } = await target.deadLetters.list({ action: 'list', ...filter, limit })
  const { matched } =
    letters.length < limit
      ? { matched: letters.length }
      : await target.deadLetters.redrive({ action: 'redrive', ...filter, ...(first ? { limit: first } : {}) })
  const errors = await target.deadLetters.lastErrors(letters)
  if (json) console.log(JSON.stringify({ ...asJson(target, letters, errors), matched, deadLetters }))
  else console.log(report(letters, errors, { matched, deadLetters }))
  return 0
}

function nothing(json: boolean, { name }: Target): number {
  console.log(
    json ? JSON.stringify({ environment: name, letters: [], matched: 0 }) : 'no dead letter matches',
  )
  return 0
}

function asJson({ name }: Target, letters: readonly Letter[], errors: ReadonlyMap<string, string>) {
  const withErrors = letters.map((letter) => ({ ...letter, lastError: errors.get(letter.id) ?? null }))
  return { environment: name, letters: withErrors }
}

function report(
  letters: readonly Letter[],
  errors: ReadonlyMap<string, string>,
  { matched, deadLetters }: { matched: number; deadLetters: number },
): string {
  if (deadLetters === 0) return 'there are no dead letters'
  if (matched === 0) return `none of the ${deadLetters} dead letters matches`
  const more = matched > letters.length ? [`... and ${matched - letters.length} more`] : []
  return [
    ...letterTable(letters, errors, process.stdout.columns ?? Number.POSITIVE_INFINITY),
    ...more,
    '',
    `${matched} of ${deadLetters} dead letters; nothing was moved. To move them: ${commandThatMoves()}`,
  ].join('\n')
}
