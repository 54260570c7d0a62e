import { duration } from '../../ops/figures.ts'
import type { Comparison, Result } from './compare.ts'

const columns = [
  ...['', 'p50 wait', 'p95', 'p99', 'drained', 'worker-hours', 'vCPU-hours', 'USD', 'interrupted'],
] as const

const cells = ({ contestant, figures }: Result): string[] => [
  contestant,
  ...[figures.p50, figures.p95, figures.p99].map((seconds) => duration(seconds * 1_000)),
  figures.drain === null ? `never: ${figures.unfinished}` : duration(figures.drain * 1_000),
  sum(figures.hours).toFixed(1),
  figures.vcpuHours.toFixed(1),
  figures.usd.toFixed(2),
  String(figures.interrupted),
]

const sum = (hours: Readonly<Record<string, number>>) =>
  Object.values(hours).reduce((all, each) => all + each, 0)

/** A load as text: a line for each contestant, then what holds against whom. */
export function table({ load, tasks, vcpu, results, verdicts }: Comparison): string {
  const rows = results.map(cells)
  const widths = columns.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    `  ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ')}`
  const peers = Math.max(...verdicts.map(({ peer }) => peer.length))
  return [
    `${load.id}: ${load.title}`,
    `  ${tasks} tasks, up to ${vcpu} vCPU`,
    line(columns),
    ...rows.map(line),
    '  at equal or lower cost no longer a p95 wait?',
    ...verdicts.map(({ peer, words }) => `    ${`${peer}:`.padEnd(peers + 1)} ${words}`),
    '',
  ].join('\n')
}

/** The same as a table of Markdown, for the docs: p95 wait and cost of each. */
export function markdown(comparisons: readonly Comparison[]): string {
  const [first] = comparisons
  const names = first?.results.map(({ contestant }) => contestant) ?? []
  return [
    `| p95 wait, USD | ${names.join(' | ')} |`,
    `|---|${names.map(() => '---|').join('')}`,
    ...comparisons.map(
      ({ load, results }) =>
        `| \`${load.id}\` | ${results.map(({ figures }) => `${duration(figures.p95 * 1_000)}, ${figures.usd.toFixed(2)}`).join(' | ')} |`,
    ),
  ].join('\n')
}
