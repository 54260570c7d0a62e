import { type BriefLetter, fromBriefRow } from '../../services/operator/brief.ts'
import type { OperatorRequest } from '../../services/operator/request.ts'
import type { Target } from '../target/target.ts'
import type { Reading, ReadingCost, Times } from '../target/task-records.ts'
import type { DeadLetterWithError } from './groups.ts'

export type DeadLetterFilter = Omit<
  Extract<OperatorRequest, { action: 'letters' }>,
  'action' | 'skip' | 'seconds'
>

export interface DeadLettersRead {
  readonly letters: readonly BriefLetter[]
  /** Those that were asked for; more than `letters` where there are more than are read. */
  readonly matched: number
  /** All that there are. */
  readonly deadLetters: number
  /** How many of them could be looked at in the time that the operator function has. */
  readonly scanned: number
}

/** An id takes 40 bytes here and on the wire, and each page passes all those before it. */
const mostRead = 100_000

/** Dead letters in short, page by page. */
export async function readDeadLetters(
  target: Pick<Target, 'deadLetters'>,
  filter: DeadLetterFilter,
  signal: AbortSignal,
): Promise<DeadLettersRead> {
  const letters: BriefLetter[] = []
  for (;;) {
    signal.throwIfAborted()
    const page = await target.deadLetters.letters({ action: 'letters', ...filter, skip: letters.length })
    for (const row of page.letters) letters.push(fromBriefRow(row))
    const { matched, deadLetters, scanned } = page
    const all = page.letters.length === 0 || letters.length >= matched
    if (all || letters.length >= mostRead) return { letters, matched, deadLetters, scanned }
  }
}

/** When a task died, its last try was logged, but for some seconds. */
const beforeMs = 600_000
const afterMs = 120_000
const mostTimes = 5

/** The times in which the last tries of these letters were logged: as few and as short as can be. */
export function timesOfDeaths(letters: readonly Pick<BriefLetter, 'diedAt'>[]): readonly Times[] {
  const deaths = letters
    .flatMap(({ diedAt }) => (diedAt === null ? [] : [Date.parse(diedAt)]))
    .toSorted(byNumber)
  let found: Times[] = []
  for (const at of deaths) {
    const last = found.at(-1)
    const [from, to] = [at - beforeMs, at + afterMs]
    if (last !== undefined && from <= last.to) found = [...found.slice(0, -1), { from: last.from, to }]
    else found = [...found, { from, to }]
    if (found.length > mostTimes) found = withoutShortestGap(found)
  }
  return found
}

const byNumber = (one: number, other: number) => one - other

function withoutShortestGap(times: readonly Times[]): Times[] {
  const gap = (index: number) =>
    (times[index + 1]?.from ?? Number.POSITIVE_INFINITY) - (times[index]?.to ?? 0)
  const shortest = times.map((_, index) => index).toSorted((one, other) => gap(one) - gap(other))[0] ?? 0
  const [one, other] = [times[shortest], times[shortest + 1]]
  if (one === undefined || other === undefined) return [...times]
  return [...times.slice(0, shortest), { from: one.from, to: other.to }, ...times.slice(shortest + 2)]
}

/** What {@link withErrors} reads; undefined where that costs nothing. */
export async function costOfErrors(
  target: Pick<Target, 'taskRecords'>,
  letters: readonly BriefLetter[],
): Promise<ReadingCost | undefined> {
  const costs = await Promise.all(timesOfDeaths(letters).map((times) => target.taskRecords.cost(times)))
  const known = costs.filter((cost) => cost !== undefined)
  if (known.length === 0) return undefined
  return {
    bytes: known.reduce((sum, { bytes }) => sum + bytes, 0),
    usd: known.reduce((sum, { usd }) => sum + usd, 0),
  }
}

/** The letters with why the last try of each failed, as far as the logs tell. */
export async function withErrors(
  target: Pick<Target, 'taskRecords'>,
  letters: readonly BriefLetter[],
  signal: AbortSignal,
): Promise<{ readonly letters: readonly DeadLetterWithError[]; readonly readings: readonly Reading[] }> {
  const answers = await Promise.all(
    timesOfDeaths(letters).map((times) => target.taskRecords.failures(times, signal)),
  )
  const errors = new Map(answers.flatMap(({ found }) => found).map(({ id, error }) => [id, error]))
  return {
    letters: letters.map((letter) => ({ ...letter, error: errorOf(letter, errors) })),
    readings: answers.map(({ reading }) => reading),
  }
}

/** The same from what the broker alone knows. */
export function withoutErrors(letters: readonly BriefLetter[]): readonly DeadLetterWithError[] {
  return letters.map((letter) => ({ ...letter, error: errorOf(letter, new Map()) }))
}

function errorOf({ id, reason, unreadable }: BriefLetter, errors: ReadonlyMap<string, string>): string {
  const known = id === '' ? undefined : errors.get(id)
  return known ?? (unreadable ? `unreadable: ${unreadable}` : `not in the task log (${reason || 'unknown'})`)
}
