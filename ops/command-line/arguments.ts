import { type ParseArgsConfig, parseArgs } from 'node:util'

/** A mistake in how a command was called: it prints the message alone and exits with status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

type Options = NonNullable<ParseArgsConfig['options']>

/**
 * The arguments of a command, with `--help` known to every one. Nothing but options is taken unless `positionals`.
 * @throws UsageError that names an unknown option and the nearest known one
 */
export function commandLine<const Known extends Options>(
  args: readonly string[],
  known: Known,
  { positionals = false }: { positionals?: boolean } = {},
) {
  const options = { ...known, help: { type: 'boolean', short: 'h' } } as const satisfies Options
  const { tokens } = parseArgs({ args, options, strict: false, tokens: true, allowPositionals: true })
  for (const token of tokens) {
    if (token.kind === 'option' && !Object.hasOwn(options, token.name) && token.rawName !== '-h') {
      throw new UsageError(
        unknown(
          'option',
          token.rawName,
          Object.keys(options).map((name) => `--${name}`),
        ),
      )
    }
  }
  try {
    return parseArgs({ args, options, allowPositionals: positionals, strict: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? lowerFirst(error.message) : String(error), { cause: error })
  }
}

/**
 * `value` as one of the names that there are.
 * @param what what it names, for the message: `option`, `experiment`
 * @throws UsageError that shows the nearest name
 */
export function oneOf<Name extends string>(what: string, value: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === value)
  if (found === undefined) throw new UsageError(unknown(what, value, names))
  return found
}

/** A whole number between two bounds, as decimal digits. */
export function wholeNumber(option: string, value: string, min: number, max: number): number {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN
  if (number >= min && number <= max) return number
  throw new UsageError(`${option} must be a whole number from ${min} to ${max}, got ${JSON.stringify(value)}`)
}

function unknown(what: string, value: string, names: readonly string[]): string {
  return `there is no ${what} ${value}: did you mean ${nearest(value, names)}? There are: ${names.join(', ')}`
}

/** The name that needs the fewest letters typed otherwise. */
export function nearest(value: string, names: readonly string[]): string {
  const [first = ''] = names.toSorted((a, b) => distance(value, a) - distance(value, b))
  return first
}

/** Levenshtein's distance: letters to insert, delete or replace. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [at, letter] of [...from].entries()) {
    const next = [at + 1]
    for (const [index, other] of [...to].entries()) {
      const replaced = (row[index] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(replaced, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
