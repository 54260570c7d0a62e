import { styleText } from 'node:util'
import type { Result } from './benchmark.ts'

/** All that a run came to. */
export interface Report {
  /** ISO 8601. */
  readonly date: string
  readonly versions: Readonly<Record<string, string>>
  /** How busy the machine was before the run began; undefined when it was quiet. */
  readonly busy?: string | undefined
  readonly results: readonly Result[]
  /** What they mean, or how far they can be trusted; each begins with its benchmark's name. */
  readonly remarks: readonly string[]
}

/** The content of .warren/bench.json: a format that others read. */
export function reportOf({ date, versions, busy, results, remarks }: Report) {
  return {
    date,
    versions,
    ...(busy === undefined ? {} : { busy }),
    results: results.map((result) => ({ ...result, ratioToLimit: ratioToLimit(result) })),
    remarks,
  }
}

/** `ours / limit`: 1 is at the limit, whichever way is better. Undefined where no limit is known. */
export function ratioToLimit({ ours, limit }: Result): number | undefined {
  return limit === undefined ? undefined : ours / limit
}

const columns = ['', 'unit', 'Warren', 'limit', 'of the limit', 'peers'] as const

/** The cells of a result, as text. */
export function cellsOf(result: Result): readonly string[] {
  const { id, unit, ours, limit, peers } = result
  const others = Object.entries(peers).map(([name, figure]) => `${name} ${digits(figure)}`)
  const ratio = ratioToLimit(result)
  return [
    id,
    unit,
    digits(ours),
    limit === undefined ? '' : digits(limit),
    ratio === undefined ? '' : ratio.toFixed(3),
    others.join(', '),
  ]
}

/** Three digits after the point below 10, one below 100, none above: ratios near 1 differ in the third. */
export function digits(figure: number): string {
  const size = Math.abs(figure)
  if (size > 0 && size < 0.1) return figure.toPrecision(3)
  const decimals = size >= 100 ? 0 : size >= 10 ? 1 : 3
  return figure.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
}

/** The run as text for a terminal, in colour if `stream` has any. */
export function table({ results }: Report, stream: NodeJS.WriteStream): string {
  const rows = results.map((result) => cellsOf(result).slice(0, -1))
  const names = columns.slice(0, -1)
  const widths = names.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (at < 2 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
  return [
    '',
    styleText('bold', line(names), { stream }),
    ...results.flatMap((result, at) => [line(rows[at] ?? []), ...beneath(result, stream)]),
    '',
  ].join('\n')
}

function* beneath({ peers, claim }: Result, stream: NodeJS.WriteStream) {
  for (const [name, figure] of Object.entries(peers))
    yield styleText('dim', `  ${name}: ${digits(figure)}`, { stream })
  if (claim) {
    const { text, holds } = claim
    yield styleText(holds ? 'green' : 'red', `  ${holds ? 'holds' : 'DOES NOT HOLD'}: ${text}`, { stream })
  }
}

/** The run as a table in Markdown, with its remarks, for documents. */
export function markdown({ date, versions, results, remarks }: Report): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const claims = results.map((result) =>
    row([
      ...cellsOf(result),
      result.claim ? `${result.claim.holds ? 'yes' : 'NO'}: ${result.claim.text}` : '',
    ]),
  )
  return [
    row([...columns, 'holds']),
    row([...columns, ''].map(() => '---')),
    ...claims,
    '',
    ...(remarks.length === 0 ? [] : [...remarks.map((remark) => `- ${remark}`), '']),
    `${date.slice(0, 10)}; ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}`,
    '',
  ].join('\n')
}
