import { inspect, styleText } from 'node:util'
import { asAbove } from '../../local/page/told-once.ts'
import { plain } from '../plain.ts'
import type { StoryLine } from './task-story.ts'
import { wrap } from './wrap.ts'

/** Of a try, and of what belongs to none; all are in --json. */
const linesShown = 30
/** Of a stack, above all. */
const textLines = 12
/** Beside the time. */
export const indent = 14

export type Shortened = (fields: StoryLine['fields']) => StoryLine['fields']

/** What a handler wrote, the last of it. */
export function shownLines(
  lines: readonly StoryLine[],
  columns: number,
  once: Shortened = (fields) => fields,
): string[] {
  const hidden = lines.length - linesShown
  const note = `... ${hidden} lines before these: --json has them`
  return [
    ...(hidden > 0 ? [' '.repeat(indent) + styleText('dim', note)] : []),
    ...lines.slice(-linesShown).flatMap((line) => lineOf({ ...line, fields: once(line.fields) }, columns)),
  ]
}

/** A handler's line: its message and fields, and below it what has several lines, such as a stack. */
function lineOf({ time, level, msg, fields }: StoryLine, columns: number): string[] {
  const entries = Object.entries(fields)
  const isLong = ([, value]: [string, unknown]) => typeof value === 'string' && value.includes('\n')
  const short = entries.filter((each) => !isLong(each)).map(([name, value]) => `${name}=${shownValue(value)}`)
  const long = entries.filter(isLong).flatMap(([name, value]) => {
    const all = String(value).split('\n')
    const more = all.length > textLines ? [`... ${all.length - textLines} more lines`] : []
    return [`${name}:`, ...[...all.slice(0, textLines), ...more].map((text) => `  ${plainIndented(text)}`)]
  })
  const mark = level === 'info' ? '' : `${level}: `
  const colour = level === 'error' ? 'red' : level === 'warn' ? 'yellow' : 'cyan'
  return [
    ...wrapped(time, plain([`${mark}${msg}`, ...short].join('  ')), columns, colour, indent + 2),
    ...long.flatMap((text) => wrap(text, columns, indent + 4)).map((text) => styleText('dim', text)),
  ]
}

const plainIndented = (text: string) => (/^ */.exec(text)?.[0] ?? '') + plain(text)

function shownValue(value: unknown): string {
  if (value === asAbove) return value
  if (typeof value === 'string' && /^[\w.:/@-]+$/.test(value)) return value
  return inspect(value, { depth: 4, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 500 })
}

/** What happened at a time. */
export const entry = (time: string, text: string) => `${styleText('dim', time.slice(11, 23))}  ${text}`

/** The same, which may be longer than a line of the terminal. */
export function wrapped(
  time: string,
  text: string,
  columns: number,
  colour?: 'green' | 'red' | 'yellow' | 'cyan',
  at = indent,
): string[] {
  const paint = (line: string) => (colour ? styleText(colour, line) : line)
  // the time stands where the first line's indentation was
  const [first = '', ...rest] = wrap(text, columns, at)
  return [`${styleText('dim', time.slice(11, 23))}${paint(first.slice(12))}`, ...rest.map(paint)]
}
