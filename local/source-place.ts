import { readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { builtSource } from './built-source.ts'

/** Where in a source something is wrong. */
export interface SourcePlace {
  /** As the user would open it. */
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
  /** How many characters are meant. @default 1 */
  readonly length?: number
  /** What stands in that line. */
  readonly text: string
}

const root = resolve(import.meta.dirname, '..')
const services = resolve(root, 'services')
/** A frame of a stack, or the line that Node writes above a source that it cannot read. */
const frame = /^(?:\s+at (?:.*\()?)?((?:file:\/\/)?\/.+?):(\d+)(?::(\d+))?\)?$/gm

/**
 * The first place in the services' sources that a stack names; undefined where it names none.
 * @param bundle folder of the build that threw; undefined where the sources themselves ran
 */
export function placeIn(stack: string, bundle?: string): SourcePlace | undefined {
  for (const [, path = '', line = '', column = '1'] of stack.matchAll(frame)) {
    const file = path.startsWith('file:') ? fileURLToPath(path) : path
    if (!file.startsWith(`${services}/`)) continue
    const source = bundle === undefined ? fileText(file) : builtSource(bundle, file)
    const text = source?.split('\n')[Number(line) - 1]?.trimEnd()
    if (text !== undefined)
      return { file: relative(process.cwd(), file), line: Number(line), column: Number(column), text }
  }
  return undefined
}

/** `services/tasks/resize.ts:3:7`, which terminals and editors open. */
export const placeText = ({ file, line, column }: SourcePlace) => `${file}:${line}:${column}`

/** The line, and below it a mark where something is wrong. */
export function quoteSource({ line, column, length = 1, text }: SourcePlace): string {
  const number = String(line)
  // a tab is as wide in both lines
  const before = text.slice(0, column - 1).replaceAll(/[^\t]/g, ' ')
  const marked = Math.max(1, Math.min(length, text.length - column + 1))
  return `  ${number} │ ${text}\n  ${' '.repeat(number.length)} │ ${before}${'^'.repeat(marked)}`
}

function fileText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
