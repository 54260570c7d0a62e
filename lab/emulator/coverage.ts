import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Placed } from '../../ops/assembly.ts'
import { fallsInto, type Gap } from './gaps.ts'

/**
 * `created`: the emulator made all of them, from the template's own words. `transformed`: something on this machine
 * stands in their place. `unknown`: a placeholder does, and nothing is known of them. `skipped`: known, but not made.
 */
type Outcome = 'created' | 'transformed' | 'unknown' | 'skipped'

/** What can be said of the sandbox under the emulator: the format of coverage.json. */
export interface Coverage {
  readonly emulator: string
  /** By type, and where the emulator refuses a property of it, by type and property. */
  readonly resources: Readonly<Record<string, Outcome>>
  /** What each command ended with, and what the API answers with a ledger. */
  readonly commands: Readonly<Record<string, string>>
}

const standIns = new Set(['AWS::AmazonMQ::Broker'])
const file = join(import.meta.dirname, 'coverage.json')

/** @param created logical ids of what the emulator has made */
export function resourcesOf(
  resources: readonly Placed[],
  gaps: readonly Gap[],
  created: ReadonlySet<string>,
): Coverage['resources'] {
  const seen: Record<string, Outcome> = {}
  for (const resource of resources.toSorted((one, other) => (one.Type < other.Type ? -1 : 1))) {
    const { Type, logicalId } = resource
    const gap = gaps.find((each) => fallsInto(each, resource))
    if (gap?.property !== undefined) seen[`${Type} with ${gap.property}`] = 'unknown'
    else if (gap) seen[Type] = standIns.has(Type) ? 'transformed' : 'unknown'
    else if (!created.has(logicalId)) seen[Type] = 'skipped'
    else seen[Type] ??= 'created'
  }
  return seen
}

/** Where what was seen differs from the committed table, a line each. */
export function differences(seen: Coverage): string[] {
  const table: Coverage = JSON.parse(readFileSync(file, 'utf8'))
  return [
    ...compare({ emulator: table.emulator }, { emulator: seen.emulator }),
    ...compare(table.resources, seen.resources),
    ...compare(table.commands, seen.commands),
  ]
}

function compare(table: Readonly<Record<string, string>>, seen: Readonly<Record<string, string>>): string[] {
  return [...new Set([...Object.keys(table), ...Object.keys(seen)])]
    .filter((name) => table[name] !== seen[name])
    .map((name) => `${name}: the table says ${table[name] ?? 'nothing'}, seen: ${seen[name] ?? 'nothing'}`)
}

export function writeCoverage(seen: Coverage): void {
  writeFileSync(file, `${JSON.stringify(seen, undefined, 2)}\n`)
}
