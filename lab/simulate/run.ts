import { mkdir, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import { environments } from '../../infra/environments.ts'
import { warrenFolder } from '../../local/local-file.ts'
import { synthesize } from '../../ops/cdk-cli.ts'
import { commandLine, oneOf, UsageError, wholeNumber } from '../../ops/command-line/arguments.ts'
import { runCommand } from '../../ops/command-line/lifecycle.ts'
import { makeProgress } from '../../ops/command-line/progress.ts'
import { type Comparison, compare } from './compare.ts'
import { loads } from './loads.ts'
import { ours, tracked } from './ours.ts'
import { page } from './page.ts'
import { fargateStart } from './parameters.ts'
import { overviewFile } from './picture.ts'
import { poisonTable } from './poison-table.ts'
import { queueProcessingService } from './queue-processing-service.ts'
import { markdown, table } from './table.ts'
import { validate } from './validate.ts'

const names = Object.keys(environments)
const help = `npm run simulate -w lab -- [environment] [options]

How the scaling of an environment's templates does under loads, beside others on the same tasks: target
tracking of the same figure, CDK's QueueProcessingFargateService, KEDA with its HPA, CPU tracking, fixed numbers of workers, and the ideal.
Nothing runs but a model; what it assumes stands in lab/simulate/parameters.ts.

  --environment <name>    ${names.join(' or ')}, default production
  --only <load>           one of ${loads.map(({ id }) => id).join(', ')}
  --seed <n>              default 1: the same seed gives the same figures
  --start-seconds <n>     median of how long a Fargate task takes to start, default ${fargateStart.medianSeconds}
  --poisons               what tasks that kill their process do to others, as a table for the docs, instead
  --validate              hold the simulator to queueing theory and to a run on a real broker instead
  --markdown              one table for the docs
  --json                  the figures as JSON on standard output, all else on standard error

It writes .warren/simulation.json, .warren/simulation.html and .warren/simulation.svg.

Example: npm run simulate -w lab -- production --only burst`

await runCommand(async (lifecycle) => {
  const { signal } = lifecycle
  const text = { type: 'string' } as const
  const { values, positionals } = commandLine(
    process.argv.slice(2),
    {
      ...{ environment: text, only: text, seed: text, 'start-seconds': text },
      ...{
        poisons: { type: 'boolean' },
        validate: { type: 'boolean' },
        markdown: { type: 'boolean' },
        json: { type: 'boolean' },
      },
    },
    { positionals: true },
  )
  if (values.help) {
    console.log(help)
    return 0
  }
  const [named, ...more] = positionals
  if (more.length > 0) throw new UsageError(`name one environment: ${names.join(' or ')}`)
  const environment = oneOf('environment', values.environment ?? named ?? 'production', names)
  const ids = loads.map(({ id }) => id)
  const only = values.only === undefined ? undefined : oneOf('load', values.only, ids)
  const seed = wholeNumber('--seed', values.seed ?? '1', 0, 4_294_967_294)
  const median = String(values['start-seconds'] ?? fargateStart.medianSeconds)
  const startSeconds = wholeNumber('--start-seconds', median, 1, 3_600)
  const output = values.json ? process.stderr : process.stdout
  const progress = makeProgress(output)
  if (values.validate) return validate(seed, lifecycle, progress)
  if (values.poisons) {
    progress.say(poisonTable(seed))
    return 0
  }
  const { stacks } = await synthesize(environment, [], process.env)
  const settings = {
    ours: ours(stacks),
    tracked: tracked(stacks),
    pattern: queueProcessingService(),
    seed,
    startSeconds,
  }
  const comparisons: Comparison[] = []
  for (const load of loads.filter(({ id }) => only === undefined || id === only)) {
    // where Ctrl-C is heard: a run in between takes at most some seconds
    await breathe()
    signal.throwIfAborted()
    const comparison = compare(load, settings, (name) => progress.show([`${load.id}: ${name} ...`]))
    comparisons.push(comparison)
    progress.clear()
    if (!values.markdown) progress.say(table(comparison))
  }
  if (values.markdown) progress.say(markdown(comparisons))
  const title = `Scaling of ${environment}, seed ${seed}, workers start in ${startSeconds} s`
  const report = reportOf({ environment, seed, startSeconds }, comparisons)
  await mkdir(warrenFolder, { recursive: true })
  await writeFile(resolve(warrenFolder, 'simulation.json'), `${JSON.stringify(report, undefined, 2)}\n`)
  await writeFile(resolve(warrenFolder, 'simulation.html'), page(title, comparisons))
  await writeFile(resolve(warrenFolder, 'simulation.svg'), overviewFile(comparisons))
  progress.say(`Plots: ${resolve(warrenFolder, 'simulation.html')}`)
  if (values.json) console.log(JSON.stringify(report, undefined, 2))
  return 0
})

/** The content of .warren/simulation.json: a format that others read. Waits in seconds. */
function reportOf(of: object, comparisons: readonly Comparison[]) {
  return {
    ...of,
    loads: comparisons.map(({ load, tasks, results, verdicts }) => ({
      ...{ id: load.id, title: load.title, tasks, verdicts },
      contestants: results.map(({ contestant, figures }) => ({ contestant, ...figures })),
    })),
  }
}
