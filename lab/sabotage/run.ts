import { mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { listOf, oneOf } from '../../ops/command-line/arguments.ts'
import { command } from '../../ops/command-line/command.ts'
import { runCommand } from '../../ops/command-line/lifecycle.ts'
import { createProgress, type Progress } from '../../ops/command-line/progress.ts'
import { SabotagedCopy } from './copy.ts'
import { failingAnyway, type Judgement, judge } from './judge.ts'
import { sabotages } from './list.ts'
import { labelOf, type Sabotage } from './sabotage.ts'

const names = sabotages.map(({ name }) => name)
const program = command(
  'npm run sabotage -w lab',
  `Breaks a copy of this repository in one place after the other, and reports each break that the tests do not notice.
Each takes ten seconds to two minutes; those that take minutes come last. Writes .warren/sabotage.json.

Breaks: ${names.join(', ')}.`,
  'npm run sabotage -w lab -- --only unroutable-counts-as-confirmed',
)
  .option(
    '--only <name,...>',
    'these breaks; may be given more than once; a name that ends with * stands for all that begin so',
    listOf(namesLike),
  )
  .option('--no-baseline', 'do not first see the same tests pass on what is not broken')
  .option('--json', 'print the report as JSON')

const folder = resolve(import.meta.dirname, '../../.warren')

await runCommand(program, async ({ options: { only, baseline, json }, signal, stack }) => {
  const wanted = only?.flat() ?? names
  const chosen = sabotages.filter(({ name }) => wanted.includes(name))
  const progress = createProgress(process.stderr)
  const judgements = await attempt(stack.use(new SabotagedCopy()), chosen, {
    progress,
    signal,
    baseline,
  })
  const report = reportOf(judgements)
  if (json) console.log(JSON.stringify(report))
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

/** The breaks that a value of --only stands for. */
function namesLike(value: string): readonly string[] {
  const beginning = names.filter((name) => value.endsWith('*') && name.startsWith(value.slice(0, -1)))
  return beginning.length > 0 ? beginning : [oneOf('sabotage', names)(value)]
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
