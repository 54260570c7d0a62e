import { commandLine, oneOf } from '../../local/arguments.ts'
import { runCommand } from '../../local/lifecycle.ts'
import { SabotagedCopy } from './copy.ts'
import { sabotages } from './list.ts'
import type { Sabotage, Target } from './sabotage.ts'

const help = `npm run sabotage -- [options]

Breaks a copy of this repository in one place after the other, and reports each break that the tests do not notice.
Takes a minute or so for each.

  --only <name>   this break; may be given more than once, or as a list with commas
  --no-baseline   do not first see the same tests pass on what is not broken

Breaks: ${sabotages.map(({ name }) => name).join(', ')}

Example: npm run sabotage -- --only unroutable-counts-as-confirmed`

await runCommand(async ({ signal }) => {
  const { values } = commandLine(process.argv.slice(2), {
    only: { type: 'string', multiple: true },
    'no-baseline': { type: 'boolean', default: false },
  })
  if (values.help) {
    console.log(help)
    return 0
  }
  const chosen = choose(values.only)
  using copy = new SabotagedCopy()
  const broken = values['no-baseline'] ? [] : failingAlready(copy, chosen)
  for (const target of broken) console.error(`fails without any sabotage: ${label(target)}`)
  if (broken.length > 0) return 1
  const survivors: string[] = []
  for (const [index, sabotage] of chosen.entries()) {
    if (signal.aborted) break
    const missed = attempt(copy, sabotage)
    const verdict = missed.length === 0 ? 'noticed' : `SURVIVES ${missed.map(label).join(', ')}`
    console.log(`${index + 1}/${chosen.length} ${sabotage.name}: ${verdict}`)
    if (missed.length > 0) survivors.push(sabotage.name)
  }
  console.log(`${chosen.length - survivors.length} of ${chosen.length} were noticed`)
  return survivors.length === 0 ? 0 : 1
})

function choose(only: readonly string[] | undefined): readonly Sabotage[] {
  if (!only) return sabotages
  const names = sabotages.map(({ name }) => name)
  const wanted = only.flatMap((list) => list.split(',')).map((name) => oneOf('sabotage', name, names))
  return sabotages.filter(({ name }) => wanted.includes(name))
}

/** A test that fails anyway proves nothing. */
function failingAlready(copy: SabotagedCopy, chosen: readonly Sabotage[]): Target[] {
  const targets = new Map(
    chosen.flatMap(({ noticedBy }) => noticedBy.map((target) => [label(target), target])),
  )
  console.log(`${targets.size} targets are run unbroken first ...`)
  return [...targets.values()].filter((target) => !copy.passes(target))
}

/** The targets that did not notice. */
function attempt(copy: SabotagedCopy, sabotage: Sabotage): Target[] {
  const undo = copy.apply(sabotage)
  try {
    return sabotage.noticedBy.filter((target) => copy.passes(target))
  } finally {
    undo()
  }
}

function label({ file, faults }: Target): string {
  return faults ? `${file} (${faults})` : file
}
