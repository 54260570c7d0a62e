import { mkdir, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import { environments } from '../../infra/environments.ts'
import { warrenFolder } from '../../local/local-file.ts'
import { synthesize } from '../../ops/cdk-cli.ts'
import { oneOf, wholeNumber } from '../../ops/command-line/arguments.ts'
import { command } from '../../ops/command-line/command.ts'
import { runCommand } from '../../ops/command-line/lifecycle.ts'
import { createProgress } from '../../ops/command-line/progress.ts'
import { hasSchedule } from '../../ops/fargate.ts'
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
const program = command(
  'npm run simulate -w lab',
  `Shows how the scaling of an environment's templates does under loads, beside others on the same tasks: target tracking
of the same figure, CDK's QueueProcessingFargateService, KEDA with its HPA, CPU tracking, fixed numbers of workers, and
the ideal. Nothing runs but a model; lab/simulate/parameters.ts says what it assumes. Writes .warren/simulation.json,
.warren/simulation.html and .warren/simulation.svg.`,
  'npm run simulate -w lab -- production --only burst',
)
  .argument('[environment]', names.join(' or '), oneOf('environment', names), 'production')
  .option(
    '--only <load>',
    `one of ${loads.map(({ id }) => id).join(', ')}`,
    oneOf(
      'load',
      loads.map(({ id }) => id),
    ),
  )
  .option('--seed <n>', 'the same seed gives the same figures', wholeNumber(0, 4_294_967_294), 1)
  .option(
    '--start-seconds <n>',
    'median of how long a Fargate task takes to start',
    wholeNumber(1, 3_600),
    fargateStart.medianSeconds,
  )
  .option(
    '--poisons',
    'print what tasks that kill their process do to others instead, as a table for the docs',
  )
  .option('--validate', 'hold the simulator to queueing theory and to a run on a real broker instead')
  .option('--markdown', 'print one table for the docs')
  .option('--json', 'print the figures as JSON on standard output, all else on standard error')

await runCommand(program, async ({ args: [environment], options, ...lifecycle }) => {
  const { signal } = lifecycle
  const { only, seed, startSeconds } = options
  const output = options.json ? process.stderr : process.stdout
  const progress = createProgress(output)
  if (options.validate) return validate(seed, lifecycle, progress)
  if (options.poisons) {
    progress.say(poisonTable(seed))
    return 0
  }
  const { stacks } = await synthesize(environment, [], process.env)
  if (hasSchedule(stacks)) progress.say('Schedules are ignored: the loads have no time of day.')
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
    if (!options.markdown) progress.say(table(comparison))
  }
  if (options.markdown) progress.say(markdown(comparisons))
  const title = `Scaling of ${environment}, seed ${seed}, workers start in ${startSeconds} s`
  const report = reportOf({ environment, seed, startSeconds }, comparisons)
  await mkdir(warrenFolder, { recursive: true })
  await writeFile(resolve(warrenFolder, 'simulation.json'), `${JSON.stringify(report, undefined, 2)}\n`)
  await writeFile(resolve(warrenFolder, 'simulation.html'), page(title, comparisons))
  await writeFile(resolve(warrenFolder, 'simulation.svg'), overviewFile(comparisons))
  progress.say(`Plots: ${resolve(warrenFolder, 'simulation.html')}`)
  if (options.json) console.log(JSON.stringify(report, undefined, 2))
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
