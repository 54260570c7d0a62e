import { Argument, InvalidArgumentError } from '@commander-js/extra-typings'
import { closest, distance } from 'fastest-levenshtein'

/** A mistake in how a command was called: the command prints the message and exits with status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/**
 * Reads a value that must be one of `names`.
 * @param what what a name stands for, in the message: `experiment`, `task type`
 */
export function oneOf<Name extends string>(what: string, names: readonly Name[]): (value: string) => Name {
  return (value) => {
    const found = names.find((name) => name === value)
    if (found !== undefined) return found
    const meant = alike(value, names)
    const question = meant === undefined ? '.' : `: did you mean ${meant}?`
    const all = names.length > 50 ? '--help lists them.' : `There are: ${names.join(', ')}`
    throw new UsageError(`there is no ${what} ${value || '""'}${question} ${all}`)
  }
}

/** The name that `value` abbreviates, or else the one with the fewest letters typed otherwise: at most half of them. */
function alike(value: string, names: readonly string[]): string | undefined {
  if (value === '') return undefined
  const found = names.find((name) => name.startsWith(value)) ?? closest(value, names)
  return found.startsWith(value) || distance(value, found) <= value.length / 2 ? found : undefined
}

/** Reads an option that may be given more than once, each time with one value or several with commas. */
export function listOf<Item>(
  read: (value: string) => Item,
): (value: string, previous: readonly Item[] | undefined) => readonly Item[] {
  return (value, previous = []) => [...previous, ...value.split(',').map(read)]
}

/** Reads a whole number between two bounds, in decimal digits. */
export function wholeNumber(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN
    if (number >= min && number <= max) return number
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
  }
}

/** Reads a finite number above 0. */
export function positiveNumber(value: string): number {
  const number = Number(value)
  if (number > 0 && Number.isFinite(number)) return number
  throw new InvalidArgumentError('It must be a number above 0.')
}

/** Reads a time such as `2h`, as seconds. */
export function seconds(text: string): number {
  const units = { s: 1, m: 60, h: 3_600, d: 86_400 }
  const { number, unit } = /^(?<number>\d+)(?<unit>[smhd])$/.exec(text)?.groups ?? {}
  if (number !== undefined && unit !== undefined) return Number(number) * units[unit as keyof typeof units]
  throw new InvalidArgumentError('It must be a time such as 90s, 10m, 2h or 3d.')
}

/** The argument that names the environment which a command works on. */
export function environmentArgument<Name extends string>(names: readonly Name[]) {
  const list = new Intl.ListFormat('en', { type: 'disjunction' }).format(names)
  return new Argument('<environment>', list).argParser(oneOf('environment', names))
}
