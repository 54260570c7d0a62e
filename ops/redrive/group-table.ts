import { styleText } from 'node:util'
import { duration } from '../figures.ts'
import { plain } from '../plain.ts'
import type { DeadGroup } from './groups.ts'

const most = 50

/**
 * Groups of dead letters as lines, the largest first.
 * @param now milliseconds since 1970, from which ages count
 * @param columns of the terminal: where a line does not fit, its error stands below
 */
export function groupTable(groups: readonly DeadGroup[], now: number, columns: number): string[] {
  const shown = groups.slice(0, most)
  const age = (time: string | null) =>
    time === null ? '?' : `${duration(Math.max(0, now - Date.parse(time)))} ago`
  const rows = shown.map(({ type, count, first, last }) => [
    count.toLocaleString('en'),
    plain(type) || '(none)',
    age(first),
    age(last),
  ])
  const table = [['tasks', 'type', 'first', 'last'], ...rows]
  const widths = [0, 1, 2, 3].map((at) => Math.max(...table.map((row) => row[at]?.length ?? 0)))
  const lines = table.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  '),
  )
  const errors = ['last error', ...shown.map(({ error }) => error)]
  const fits = lines.every((line, at) => line.length + 2 + (errors[at]?.length ?? 0) <= columns)
  const left = groups.slice(most).reduce((sum, { count }) => sum + count, 0)
  return [
    ...lines.flatMap((line, at) => {
      const heading = at === 0
      if (fits) return [heading ? styleText('dim', `${line}  ${errors[at]}`) : `${line}  ${errors[at]}`]
      if (heading) return [styleText('dim', line.trimEnd())]
      return [
        line.trimEnd(),
        styleText('dim', cut(`${' '.repeat((widths[0] ?? 0) + 2)}${errors[at]}`, columns)),
      ]
    }),
    ...(left > 0
      ? [`... and ${left.toLocaleString('en')} in ${groups.length - most} more groups: --json has them`]
      : []),
  ]
}

const cut = (text: string, columns: number) =>
  text.length <= columns ? text : `${text.slice(0, columns - 1)}…`
