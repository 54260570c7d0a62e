import { describe, expect, it } from 'vitest'
import { commandLine, nearest, oneOf, UsageError, wholeNumber } from '../../ops/command-line/arguments.ts'

const known = { tasks: { type: 'string', default: '50' }, json: { type: 'boolean' } } as const

describe('the command line', () => {
  it('gives values, defaults and whether help is wanted', () => {
    expect(commandLine(['--tasks', '7', '--help'], known).values).toMatchObject({ tasks: '7', help: true })
    expect(commandLine([], known).values.tasks).toBe('50')
  })

  it('names the nearest option to one that it does not know', () => {
    expect(() => commandLine(['--task', '7'], known)).toThrow(
      'there is no option --task: did you mean --tasks?',
    )
    expect(() => commandLine(['--jsno'], known)).toThrow(UsageError)
  })

  it('refuses an option without its value, and words that are no option', () => {
    expect(() => commandLine(['--tasks'], known)).toThrow(UsageError)
    expect(() => commandLine(['fair'], known)).toThrow(UsageError)
  })

  it('takes words where a command wants them', () => {
    expect(commandLine(['local', '--json'], known, { positionals: true }).positionals).toEqual(['local'])
  })
})

describe('a name', () => {
  it('is taken when it is one of those that there are', () => {
    expect(oneOf('experiment', 'fair', ['auto-ack', 'fair'])).toBe('fair')
  })

  it('is answered with the nearest one otherwise', () => {
    expect(() => oneOf('experiment', 'fiar', ['auto-ack', 'fair'])).toThrow('did you mean fair?')
    expect(nearest('crash-auto', ['auto-ack', 'crash-auto-ack', 'fair'])).toBe('crash-auto-ack')
  })
})

describe('a whole number', () => {
  it('is given within its bounds', () => {
    expect(wholeNumber('--tasks', '12', 2, 1_000)).toBe(12)
  })

  it.each(['1', '1001', '1e2', '-3', '', ' 7', 'ten'])('is not %j', (value) => {
    expect(() => wholeNumber('--tasks', value, 2, 1_000)).toThrow(
      `--tasks must be a whole number from 2 to 1000, got ${JSON.stringify(value)}`,
    )
  })
})
