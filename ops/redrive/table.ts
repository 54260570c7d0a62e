import { styleText } from 'node:util'
import type { Letter } from '../../services/operator/letter.ts'
import { duration } from '../figures.ts'
import { plain } from '../plain.ts'

/**
 * Dead letters as lines, the oldest first. What a client chose is shown without control characters.
 * @param columns of the terminal: where a line does not fit, its error stands below
 */
export function letterTable(
  letters: readonly Letter[],
  errors: ReadonlyMap<string, string>,
  columns: number,
): string[] {
  const table = [['id', 'type', 'age', 'reason', 'count', 'redriven'], ...letters.map(cells)]
  const widths = table[0]?.map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0))) ?? []
  const lines = table.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  '))
  const last = ['last error', ...letters.map((letter) => plain(lastError(letter, errors)))]
  const fits = lines.every((line, at) => line.length + 2 + (last[at]?.length ?? 0) <= columns)
  return lines.flatMap((line, at) => {
    const style = (text: string) => (at === 0 ? styleText('dim', text) : text)
    if (fits) return [style(`${line}  ${last[at]}`)]
    return at === 0 ? [style(line)] : [style(line), styleText('dim', `  ${last[at]}`.slice(0, columns))]
  })
}

/** Not there in what an operator function of an older deployment answers. */
function lastError({ id, unreadable }: Letter, errors: ReadonlyMap<string, string>): string {
  return errors.get(id) ?? (unreadable ? `unreadable: ${unreadable}` : 'not in the task log')
}

function cells({ id, type, ageSeconds, reason, count, redriven }: Letter): string[] {
  const age = ageSeconds === null ? '?' : duration(ageSeconds * 1_000)
  return [id || '(none)', type || '(none)', age, reason || '?', `${count}`, `${redriven}`].map(plain)
}
