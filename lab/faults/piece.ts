import { appendFile, readFile } from 'node:fs/promises'
import type { Verdict } from '../checker/check.ts'
import type { Recovery } from './recovery.ts'
import type { reportOf } from './report.ts'

type Counts = Readonly<Record<string, number>>

/** What one run adds to a campaign of several: a line of its file. */
export interface Piece {
  readonly date: string
  readonly seed: number
  readonly minutes: number
  readonly rate: number
  readonly nodes: number
  readonly ledger: boolean
  readonly rabbitmq: string
  readonly attempted: number
  readonly confirmed: number
  readonly done: number
  readonly deadLettered: number
  readonly lost: number
  readonly unexpected: number
  readonly doneTwice: number
  readonly doneTwiceUnexplained: number
  readonly statesWrong: number
  /** How often each kind struck. */
  readonly faults: Counts
  /** How often something was done twice because of each. */
  readonly repeats: Counts
  readonly withinTenSeconds: number
  /** Why it took longer, and how often. */
  readonly later: Counts
  readonly laterWithoutReason: number
  /** What must not have been, one line each. */
  readonly violations: readonly string[]
  /** What the independent checker has said. */
  readonly checker: string
  /** Tasks done in each ten seconds. */
  readonly doneInTenSeconds: readonly number[]
}

/** What of a piece its report does not say. */
export interface PieceContext
  extends Pick<Piece, 'date' | 'rate' | 'nodes' | 'ledger' | 'rabbitmq' | 'violations'> {
  readonly recoveries: readonly Recovery[]
  readonly doneAt: readonly number[]
  readonly verdict: Verdict
}

export function pieceOf(
  { details, ...report }: ReturnType<typeof reportOf>,
  { recoveries, doneAt, verdict, ...context }: PieceContext,
): Piece {
  const late = recoveries.filter(({ seconds = Number.POSITIVE_INFINITY }) => seconds > 10)
  const later = Map.groupBy(
    late.filter(({ because }) => because !== undefined),
    // the names of what struck meanwhile are in the report of the run
    ({ because = '' }) => because.replace(/^\S+ meanwhile$/, 'another fault meanwhile'),
  )
  return {
    ...context,
    ...report,
    repeats: details.doneTwiceBecauseOf,
    withinTenSeconds: details.recoveriesWithinTenSeconds,
    later: Object.fromEntries([...later].map(([because, { length }]) => [because, length])),
    laterWithoutReason: details.recoveriesWithoutReason,
    checker: verdict.summary,
    doneInTenSeconds: perTenSeconds(doneAt),
  }
}

function perTenSeconds(doneAt: readonly number[]): number[] {
  const [start = 0] = doneAt
  const counts: number[] = []
  for (const at of doneAt) {
    const bin = Math.max(0, Math.floor((at - start) / 10_000))
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  return Array.from(counts, (count = 0) => count)
}

export async function appendPiece(file: string, piece: Piece): Promise<void> {
  await appendFile(file, `${JSON.stringify(piece)}\n`)
}

/** @throws Error where a line is none */
export async function readPieces(file: string): Promise<Piece[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as Piece)
}

/** Adds up counts by name. */
export function sumOf(counts: readonly Counts[]): Record<string, number> {
  const sum: Record<string, number> = {}
  for (const each of counts)
    for (const [name, count] of Object.entries(each)) sum[name] = (sum[name] ?? 0) + count
  return Object.fromEntries(Object.entries(sum).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
