import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLogPrinter, type LogPrinter } from '../../local/log-printer.ts'
import { quoteSource } from '../../local/source-place.ts'

const time = '2026-01-01T10:20:30.000Z'
const handlers = { time, level: 'info', msg: 'fetched', id: 'task-1', type: 'resize' } as const
let printed: string[]
let printer: LogPrinter

beforeEach(() => {
  vi.useFakeTimers()
  printed = []
  vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(line))
  printer = createLogPrinter(false)
})
afterEach(() => {
  printer.stop()
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe('the log lines of npm run dev', () => {
  it.each([
    ['of a handler', handlers, '10:20:30 fast resize task-1 info: fetched'],
    [
      'with fields, without the trace',
      { ...handlers, traceId: 'x', bytes: 5, of: { a: 1 } },
      '10:20:30 fast resize task-1 info: fetched {"bytes":5,"of":{"a":1}}',
    ],
    [
      'of a service that warns',
      { time, level: 'warn', msg: 'connection lost', reason: 'closed' },
      '10:20:30 fast warn: connection lost {"reason":"closed"}',
    ],
  ])('are one line each: %s', (_, record, line) => {
    printer.record(record, 'fast')
    expect(printed).toEqual([line])
  })

  it('leave out what a service says of itself, and what handlers say for debugging', () => {
    printer.record({ time, level: 'info', msg: 'consuming' }, 'fast')
    printer.record({ ...handlers, level: 'debug' }, 'fast')
    expect(printed).toEqual([])
    const debugging = createLogPrinter(true)
    debugging.record({ time, level: 'debug', msg: 'running' }, 'fast')
    debugging.record({ ...handlers, level: 'debug' }, 'fast')
    debugging.stop()
    expect(printed).toEqual(['10:20:30 fast resize task-1 debug: fetched'])
  })

  it('have no line break, no escape sequence and no end that nobody sees', () => {
    printer.record({ ...handlers, msg: 'two\nlines \u001b[31m \u009b31m' }, 'fast')
    printer.text('\u001b]0;title\u0007', 'fast')
    printer.record({ ...handlers, body: 'x'.repeat(100_000) }, 'fast')
    expect(printed.join('\n')).not.toMatch(/(?!\n)\p{Cc}/u)
    expect(printed[0]).toContain(String.raw`info: two\nlines \u001b[31m \u009b31m`)
    expect(printed[2]).toMatch(/^.{1000}…$/)
  })

  it('show what a handler prints', () => {
    printer.text('hello', 'slow')
    expect(printed[0]).toMatch(/^\d\d:\d\d:\d\d slow prints: hello$/)
  })

  it('show the line of the source that threw, and the stack where one debugs', () => {
    const threw = { ...handlers, level: 'warn', msg: 'handler threw', error: stackFromThisCheckout() }
    printer.record(threw, 'fast')
    expect(printed).toHaveLength(1)
    const [head, place, line, mark] = printed[0]?.split('\n') ?? []
    expect(head).toBe('10:20:30 fast resize task-1 warn: handler threw: TypeError: no')
    expect(place).toBe('  services/tasks/registry.ts:1:3')
    expect(line).toMatch(/^ {2}1 │ import /)
    expect(mark).toBe('    │   ^')
    const debugging = createLogPrinter(true)
    debugging.record(threw, 'fast')
    debugging.stop()
    expect(printed[1]).toContain('at Module.elsewhere (file:///elsewhere/a.mjs:1:2)')
  })

  it('do not bury the rest: some in a second, and how many there were beside them', () => {
    const count = () => printed.filter((line) => line.includes('fetched')).length
    for (let line = 0; line < 500; line += 1) printer.record(handlers, 'fast')
    const first = count()
    expect(first).toBeLessThan(100)
    printer.record({ ...handlers, level: 'warn', msg: 'strange' }, 'fast')
    expect(printed.at(-1)).toContain('strange')
    vi.advanceTimersByTime(1_000)
    expect(printed.at(-1)).toBe(`... and ${500 - first} more log lines of handlers in this second`)
    printer.record(handlers, 'fast')
    expect(count()).toBe(first + 1)
    for (let line = 0; line < 500; line += 1) printer.record({ ...handlers, level: 'error' }, 'fast')
    vi.advanceTimersByTime(1_000)
    expect(printed.at(-1)).toMatch(/^\.\.\. and \d+ more warnings in this second$/)
  })
})

describe('a quoted source', () => {
  it('has its mark below the place, also behind tabs', () => {
    const place = { file: 'a.ts', line: 12, column: 3, length: 3, text: '\tüabc' }
    expect(quoteSource(place)).toBe('  12 │ \tüabc\n     │ \t ^^^')
  })

  it('marks no more than there is', () => {
    const place = { file: 'a.ts', line: 1, column: 2, length: 99, text: 'ab' }
    expect(quoteSource(place)).toBe('  1 │ ab\n    │  ^')
  })
})

/** As a thread writes it: what is not ours comes first. */
function stackFromThisCheckout(): string {
  const registry = new URL('../../services/tasks/registry.ts', import.meta.url)
  return `TypeError: no
    at Module.elsewhere (file:///elsewhere/a.mjs:1:2)
    at async handler (${registry.href}:1:3)
    at async inSpan (/somewhere/services/worker/span.ts:7:3)`
}
