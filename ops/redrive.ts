import type { Letter } from '../services/operator/letter.ts'
import { commandLine, UsageError, wholeNumber } from './command-line/arguments.ts'
import { runCommand } from './command-line/lifecycle.ts'
import { makeProgress } from './command-line/progress.ts'
import { move } from './redrive/move.ts'
import { letterTable } from './redrive/table.ts'
import { findTarget, type Target, targetNames } from './target/target.ts'

const help = `npm run redrive -- <environment> [options]

Shows the dead letters, and why the last try of each failed. With --yes it moves them back to the work queue: each is
published, confirmed and only then removed. After Ctrl-C or a failure the same command goes on where it ended.
  --type <type>
  --reason <reason>     delivery_limit (failed too often), rejected (given up by a worker), ...
  --older-than <time>   died at least so long ago: 90s, 10m, 2h, 3d
  --first <n>           at most so many
  --yes                 move them
  --json
environments: ${targetNames.join(', ')}
example: npm run redrive -- production --type digest --older-than 1h --yes`

const options = {
  type: { type: 'string' },
  reason: { type: 'string' },
  'older-than': { type: 'string' },
  first: { type: 'string' },
  yes: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

const shown = 50
/** The most that the operator function gives at a time. */
const mostListed = 500

await runCommand(async ({ signal }) => {
  const { values, positionals } = commandLine(process.argv.slice(2), options, { positionals: true })
  if (values.help) {
    console.log(help)
    return 0
  }
  const filter = {
    ...(values.type === undefined ? {} : { type: values.type }),
    ...(values.reason === undefined ? {} : { reason: values.reason }),
    ...(values['older-than'] === undefined ? {} : { olderThanSeconds: seconds(values['older-than']) }),
  }
  const first = values.first === undefined ? undefined : wholeNumber('--first', values.first, 1, 10_000_000)
  const target = await findTarget(positionals, process.env)
  if (values.yes)
    return await moveThem(target, { ...filter, ...(first ? { limit: first } : {}) }, values.json, signal)
  const limit = Math.min(first ?? Number.POSITIVE_INFINITY, values.json ? mostListed : shown)
  const { letters, deadLetters } = await target.deadLetters.list({ action: 'list', ...filter, limit })
  const { matched } =
    letters.length < limit
      ? { matched: letters.length }
      : await target.deadLetters.redrive({ action: 'redrive', ...filter, ...(first ? { limit: first } : {}) })
  const errors = await target.deadLetters.lastErrors(letters)
  if (values.json) console.log(JSON.stringify({ ...asJson(target, letters, errors), matched, deadLetters }))
  else console.log(report(target, letters, errors, { matched, deadLetters }))
  return 0
})

async function moveThem(
  target: Target,
  request: Parameters<typeof move>[1],
  json: boolean,
  signal: AbortSignal,
): Promise<number> {
  const progress = makeProgress(process.stderr)
  signal.addEventListener('abort', () => progress.say('stopping after this step ...'))
  progress.show(['moving dead letters ...'])
  let last = { moved: 0, left: 0 }
  const result = await move(target.deadLetters, request, signal, (moved) => {
    last = moved
    progress.show([`${moved.moved} moved, ${moved.left} left`])
  }).catch((error: Error) => {
    progress.clear()
    throw new Error(`${error.message}; ${last.moved} dead letters were moved before`, { cause: error })
  })
  progress.clear()
  const { moved, left, stopped } = result
  if (json) console.log(JSON.stringify({ environment: target.name, ...result }))
  else console.log(`${moved} dead letters moved back to ${target.queue}, ${left} left`)
  if (stopped)
    throw new Error(`the broker did not take the next one: ${stopped}; run it again when that is over`)
  return 0
}

function asJson({ name }: Target, letters: readonly Letter[], errors: ReadonlyMap<string, string>) {
  const withErrors = letters.map((letter) => ({ ...letter, lastError: errors.get(letter.id) ?? null }))
  return { environment: name, letters: withErrors }
}

function report(
  { name }: Target,
  letters: readonly Letter[],
  errors: ReadonlyMap<string, string>,
  { matched, deadLetters }: { matched: number; deadLetters: number },
): string {
  if (deadLetters === 0) return 'there are no dead letters'
  if (matched === 0) return `none of ${deadLetters} dead letters is asked for`
  const more = matched > letters.length ? [`... and ${matched - letters.length} more`] : []
  const command = process.argv.slice(3).join(' ')
  return [
    ...letterTable(letters, errors, process.stdout.columns ?? Number.POSITIVE_INFINITY),
    ...more,
    '',
    `${matched} of ${deadLetters} dead letters; nothing was moved. To move them: npm run redrive -- ${[name, command].filter(Boolean).join(' ')} --yes`,
  ].join('\n')
}

function seconds(text: string): number {
  const units = { s: 1, m: 60, h: 3_600, d: 86_400 }
  const { number, unit } = /^(?<number>\d+)(?<unit>[smhd])$/.exec(text)?.groups ?? {}
  if (number !== undefined && unit !== undefined) return Number(number) * units[unit as keyof typeof units]
  throw new UsageError(`--older-than must be a time such as 90s, 10m, 2h or 3d, got ${JSON.stringify(text)}`)
}
