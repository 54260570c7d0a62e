import { InvalidArgumentError } from '@commander-js/extra-typings'
import type { Letter } from '../services/operator/letter.ts'
import { environmentArgument, wholeNumber } from './command-line/arguments.ts'
import { command } from './command-line/command.ts'
import { runCommand } from './command-line/lifecycle.ts'
import { createProgress } from './command-line/progress.ts'
import { move } from './redrive/move.ts'
import { letterTable } from './redrive/table.ts'
import { findTarget, targetNames } from './target/find.ts'
import type { Target } from './target/target.ts'

const shown = 50
/** The most that the operator function gives at a time. */
const maxListed = 500

const program = command(
  'npm run redrive',
  `Shows the dead letters, and why the last try of each failed. With --yes it moves them back to the work queue: each is
published, confirmed and only then removed. After Ctrl-C or a failure, the same command continues where it ended.`,
  'npm run redrive -- production --type digest --older-than 1h --yes',
)
  .addArgument(environmentArgument(targetNames))
  .option('--type <type>', 'only tasks of this type')
  .option(
    '--reason <reason>',
    'only those that died for this: delivery_limit (failed too often), rejected (given up by a worker), ...',
  )
  .option('--older-than <time>', 'only those that died at least so long ago: 90s, 10m, 2h, 3d', seconds)
  .option('--first <n>', 'at most so many', wholeNumber(1, 10_000_000))
  .option('--yes', 'move them')
  .option('--json', 'print the result as JSON')

await runCommand(program, async ({ args: [environment], options, signal }) => {
  const { type, reason, olderThan, first, yes, json = false } = options
  const filter = {
    ...(type === undefined ? {} : { type }),
    ...(reason === undefined ? {} : { reason }),
    ...(olderThan === undefined ? {} : { olderThanSeconds: olderThan }),
  }
  const target = await findTarget(environment, process.env)
  if (yes) return await moveThem(target, { ...filter, ...(first ? { limit: first } : {}) }, json, signal)
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
})

async function moveThem(
  target: Target,
  request: Parameters<typeof move>[1],
  json: boolean,
  signal: AbortSignal,
): Promise<number> {
  const progress = createProgress(process.stderr)
  signal.addEventListener('abort', () => progress.say('stopping after this step ...'))
  progress.show(['moving dead letters ...'])
  let last = { moved: 0, left: 0 }
  const result = await move(target.deadLetters, request, signal, (moved) => {
    last = moved
    progress.show([`${moved.moved} moved, ${moved.left} left`])
  }).catch((error: Error) => {
    progress.clear()
    throw new Error(`${error.message}; ${last.moved} dead letters had been moved by then`, { cause: error })
  })
  progress.clear()
  const { moved, left, stopped } = result
  if (json) console.log(JSON.stringify({ environment: target.name, ...result }))
  else console.log(`${moved} dead letters moved back to ${target.queue}, ${left} left`)
  if (stopped) throw new Error(`the broker refused the next one (${stopped}): run the command again later`)
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
    `${matched} of ${deadLetters} dead letters; nothing was moved. To move them: npm run redrive -- ${process.argv.slice(2).join(' ')} --yes`,
  ].join('\n')
}

function seconds(text: string): number {
  const units = { s: 1, m: 60, h: 3_600, d: 86_400 }
  const { number, unit } = /^(?<number>\d+)(?<unit>[smhd])$/.exec(text)?.groups ?? {}
  if (number !== undefined && unit !== undefined) return Number(number) * units[unit as keyof typeof units]
  throw new InvalidArgumentError('It must be a time such as 90s, 10m, 2h or 3d.')
}
