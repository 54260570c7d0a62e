import { InvalidArgumentError } from '@commander-js/extra-typings'
import { describe, expect, it, vi } from 'vitest'
import {
  environmentArgument,
  listOf,
  oneOf,
  positiveNumber,
  UsageError,
  wholeNumber,
} from '../../ops/command-line/arguments.ts'
import { command, readCommandLine } from '../../ops/command-line/command.ts'

const program = () =>
  command('npm run try', 'Tries.', 'npm run try -- sandbox')
    .addArgument(environmentArgument(['sandbox', 'production']))
    .option('--tasks <n>', 'how many', wholeNumber(2, 1_000), 50)
    .option('--only <name,...>', 'which', listOf(oneOf('experiment', ['auto-ack', 'crash-auto-ack', 'fair'])))
    .option('--json', 'for programs')
const read = (...argv: string[]) => readCommandLine(program(), argv)

describe('a command line', () => {
  it('gives arguments, options and their defaults', () => {
    expect(read('sandbox')).toEqual({ args: ['sandbox'], options: { tasks: 50 } })
    expect(read('--tasks', '7', 'production', '--json')).toEqual({
      args: ['production'],
      options: { tasks: 7, json: true },
    })
  })

  it('may give a list with commas, option by option, or both', () => {
    expect(read('sandbox', '--only', 'fair,auto-ack', '--only=crash-auto-ack')?.options.only).toEqual([
      'fair',
      'auto-ack',
      'crash-auto-ack',
    ])
  })

  it('asks for help, whatever else it has', () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    try {
      expect(read('sandbox', '--help')).toBeUndefined()
      expect(read('-h')).toBeUndefined()
      const help = write.mock.calls.join('')
      for (const part of ['Usage: npm run try -- [options] <environment>', 'Example: npm run try -- sandbox'])
        expect(help).toContain(part)
      expect(help).toMatch(/environment +sandbox or production/)
    } finally {
      write.mockRestore()
    }
  })

  it.each([
    [['sandbox', '--task', '7'], "unknown option '--task' (Did you mean --tasks?)"],
    [['sandbox', '--tasks'], "option '--tasks <n>' argument missing"],
    [
      ['sandbox', '--tasks', 'ten'],
      "option '--tasks <n>' argument 'ten' is invalid. It must be a whole number from 2 to 1000.",
    ],
    [
      ['sandbox', '--only', 'fair,fiar'],
      'there is no experiment fiar: did you mean fair? There are: auto-ack, crash-auto-ack, fair',
    ],
    [
      ['prodution'],
      'there is no environment prodution: did you mean production? There are: sandbox, production',
    ],
    [[], "missing required argument 'environment': sandbox or production"],
    [['sandbox', 'production'], 'too many arguments. Expected 1 argument but got 2: sandbox, production.'],
  ])('%j is refused in one sentence that says what would do', (argv, message) => {
    const refused = expect(() => read(...argv))
    refused.toThrow(UsageError)
    refused.toThrow(new UsageError(message))
  })
})

describe('a name that there is not', () => {
  const say = (value: string, names: readonly string[]) => () => oneOf('task type', names)(value)

  it('is taken for the one that it abbreviates, however long that is', () => {
    expect(say('prod', ['sandbox', 'production'])).toThrow(
      'there is no task type prod: did you mean production?',
    )
  })

  it.each(['zzz', ''])('is taken for none where it is like none: %j', (value) => {
    expect(say(value, ['sandbox', 'production'])).toThrow(
      `there is no task type ${value || '""'}. There are: sandbox, production`,
    )
  })

  it('is not answered with more names than one reads', () => {
    const names = Array.from({ length: 51 }, (_, index) => `type-${index}`)
    expect(say('type-7x', names)).toThrow(/did you mean type-7\? --help lists them\.$/)
  })
})

describe('a whole number', () => {
  it('is given within its bounds', () => {
    expect(wholeNumber(2, 1_000)('2')).toBe(2)
    expect(wholeNumber(2, 1_000)('1000')).toBe(1_000)
  })

  it.each(['1', '1001', '1e2', '-3', '', ' 7', 'ten', '2.5'])('is not %j', (value) => {
    expect(() => wholeNumber(2, 1_000)(value)).toThrow(InvalidArgumentError)
  })
})

describe('a positive number', () => {
  it('may have a fraction', () => {
    expect(positiveNumber('0.1')).toBe(0.1)
  })

  it.each(['0', '-1', '', ' ', 'much', 'Infinity', '1e999'])('is not %j', (value) => {
    expect(() => positiveNumber(value)).toThrow(InvalidArgumentError)
  })
})
