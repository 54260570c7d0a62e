import { createLineLimit } from './line-limit.ts'
import type { LogRecord } from './service-process.ts'
import { placeIn, placeText, quoteSource } from './source-place.ts'

/** What `npm run dev` prints of the services' logs beside the lines of tasks. */
export interface LogPrinter {
  /**
   * @param by who wrote it; undefined where that says nothing
   * @param bundle folder of the build that wrote it; undefined where the sources themselves ran
   */
  record(record: LogRecord, by?: string, bundle?: string): void
  /** A line that is no log record: what a handler prints. */
  text(line: string, by: string): void
  stop(): void
}

/** Of each kind, in a second: a handler that writes hundreds leaves room for the lines of tasks and of other handlers. */
const linesPerSecond = 20
/** Longer lines are cut off. */
const maxLength = 1_000

/**
 * Prints handlers' log lines of level info and above, and of the services' own those that are warnings.
 * @param debug also handlers' lines of level debug, and the stacks of what they throw
 */
export function createLogPrinter(debug = Boolean(process.env['WARREN_DEBUG'])): LogPrinter {
  const lines = createLineLimit(
    linesPerSecond,
    (count) => `... and ${count} more log lines of handlers in this second`,
  )
  const warnings = createLineLimit(linesPerSecond, (count) => `... and ${count} more warnings in this second`)
  return {
    record(record, by, bundle) {
      const isWarning = record['level'] === 'warn' || record['level'] === 'error'
      const isHandlers = typeof record['id'] === 'string' && typeof record['type'] === 'string'
      if (!isWarning && (!isHandlers || (record['level'] === 'debug' && !debug))) return
      const limit = isWarning ? warnings : lines
      limit.print(describeRecord(record, by, debug, bundle))
    },
    text: (line, by) => lines.print(cut(`${clock(new Date())} ${by} prints: ${printable(line)}`)),
    stop() {
      lines.stop()
      warnings.stop()
    },
  }
}

/** One line; below it the source where something was thrown, as far as it is one of ours. */
export function describeRecord(
  record: LogRecord,
  by: string | undefined,
  debug: boolean,
  bundle?: string,
): string {
  const { time, level, msg, id, type, traceId: _, ...fields } = record
  const who = [by, type, id].filter((part) => typeof part === 'string').join(' ')
  const head = `${clock(new Date(String(time)))} ${who === '' ? '' : `${who} `}${level}: ${printable(msg)}`
  const { error } = fields
  const place = typeof error === 'string' ? placeIn(error, bundle) : undefined
  if (typeof error !== 'string' || !place) return cut(`${head}${fieldsText(fields)}`)
  const [first = ''] = error.split('\n')
  const stack = debug ? `\n${error}` : ''
  return `${cut(`${head}: ${printable(first)}`)}\n  ${placeText(place)}\n${cut(quoteSource(place))}${stack}`
}

function fieldsText(fields: object): string {
  return Object.keys(fields).length === 0 ? '' : ` ${printable(JSON.stringify(fields))}`
}

const clock = (time: Date) => (Number.isNaN(time.getTime()) ? '--:--:--' : time.toISOString().slice(11, 19))

/** What it says may be anybody's: no line break makes two lines of it, and no escape sequence colours the terminal. */
const printable = (text: unknown) =>
  String(text).replaceAll(
    /\p{Cc}/gu,
    (char) => escapes.get(char) ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
const escapes = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
])

const cut = (line: string) => (line.length > maxLength ? `${line.slice(0, maxLength)}…` : line)
