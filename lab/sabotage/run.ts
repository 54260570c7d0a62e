import { mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { commandLine, oneOf } from '../../ops/command-line/arguments.ts'
import { runCommand } from '../../ops/command-line/lifecycle.ts'
import { makeProgress, type Progress } from '../../ops/command-line/progress.ts'
import { SabotagedCopy } from './copy.ts'
import { failingAnyway, type Judgement, judge } from './judge.ts'
import { sabotages } from './list.ts'
import { labelOf, type Sabotage } from './sabotage.ts'

const help = `npm run sabotage -w lab -- [options]

Breaks a copy of this repository in one place after the other, and reports each break that the tests do not notice.
Takes ten seconds to two minutes for each; what needs minutes comes last. Writes .warren/sabotage.json.

  --only <name>   this break; may be given more than once, or as a list with commas; ends with * for all that begin so
  --no-baseline   do not first see the same tests pass on what is not broken
  --json          the report on standard output

Breaks: ${sabotages.map(({ name }) => name).join(', ')}

Example: npm run sabotage -w lab -- --only unroutable-counts-as-confirmed`

const folder = resolve(import.meta.dirname, '../../.warren')

await runCommand(async ({ signal, stack }) => {
  const { values } = commandLine(process.argv.slice(2), {
    only: { type: 'string', multiple: true },
    'no-baseline': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  })
  if (values.help) {
    console.log(help)
    return 0
  }
  const chosen = choose(values.only)
  const progress = makeProgress(process.stderr)
  const judgements = await attempt(stack.use(new SabotagedCopy()), chosen, {
    ...{ progress, signal },
    baseline: !values['no-baseline'],
  })
  const report = reportOf(judgements)
  if (values.json) console.log(JSON.stringify(report))
  progress.say(`${report.noticed} of ${report.sabotages.length} were noticed`)
  return report.noticed === report.sabotages.length ? 0 : 1
})

interface Plan {
  readonly progress: Progress
  readonly signal: AbortSignal
  readonly baseline: boolean
}

async function attempt(
  copy: SabotagedCopy,
  chosen: readonly Sabotage[],
  { progress, signal, baseline }: Plan,
): Promise<Judgement[]> {
  const targets = new Map(
    chosen.flatMap(({ noticedBy }) => noticedBy.map((target) => [labelOf(target), target])),
  )
  const doing = `${targets.size} targets are run unbroken first`
  const failing = baseline
    ? await during(progress, doing, failingAnyway(copy, [...targets.values()], signal))
    : new Map<string, string>()
  const judgements: Judgement[] = []
  for (const [index, sabotage] of chosen.entries()) {
    const place = `${index + 1}/${chosen.length} ${sabotage.name}`
    const judgement = await during(progress, place, judge(copy, sabotage, failing, signal))
    progress.say(`${place}: ${describe(judgement)}`)
    judgements.push(judgement)
    save(judgements)
  }
  return judgements
}

/** After each, since all of them take an hour and more. */
function save(judgements: readonly Judgement[]): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(resolve(folder, 'sabotage.json'), `${JSON.stringify(reportOf(judgements), undefined, 2)}\n`)
}

function describe({ verdict, evidence }: Judgement): string {
  if (verdict === 'noticed') return 'noticed'
  if (verdict === 'unproven')
    return `UNPROVEN, since this fails anyway: ${evidence.map(({ target, failures }) => `${target}: ${failures[0]}`).join('; ')}`
  return `SURVIVES ${evidence.flatMap(({ target, failures }) => (failures.length === 0 ? [target] : [])).join(', ')}`
}

/** Says what goes on, and for how long, until it is over. */
async function during<Result>(progress: Progress, what: string, work: Promise<Result>): Promise<Result> {
  const startedAt = performance.now()
  const show = () => progress.show([`${what} ... ${Math.round((performance.now() - startedAt) / 1_000)} s`])
  const ticker = setInterval(show, 1_000)
  try {
    return await work
  } finally {
    clearInterval(ticker)
    progress.clear()
  }
}

function choose(only: readonly string[] | undefined): readonly Sabotage[] {
  if (!only) return sabotages
  const names = sabotages.map(({ name }) => name)
  const wanted = only
    .flatMap((list) => list.split(','))
    .flatMap((name) => {
      const beginning = names.filter((each) => name.endsWith('*') && each.startsWith(name.slice(0, -1)))
      return beginning.length > 0 ? beginning : [oneOf('sabotage', name, names)]
    })
  return sabotages.filter(({ name }) => wanted.includes(name))
}

function reportOf(sabotages: readonly Judgement[]) {
  const named = (wanted: Judgement['verdict']) =>
    sabotages.flatMap(({ name, verdict }) => (verdict === wanted ? [name] : []))
  return {
    noticed: named('noticed').length,
    survivors: named('survives'),
    unproven: named('unproven'),
    sabotages,
  }
}
