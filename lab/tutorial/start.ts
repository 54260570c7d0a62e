import { mkdir, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { styleText } from 'node:util'
import type { Broker } from '../../local/broker/broker.ts'
import { ensureBroker } from '../../local/broker/start.ts'
import { type BundlesFolder, buildBundles, removeBundles } from '../../local/bundles.ts'
import { warrenFolder } from '../../local/local-file.ts'
import { listOf, oneOf, UsageError, wholeNumber } from '../../ops/command-line/arguments.ts'
import { command } from '../../ops/command-line/command.ts'
import { type Lifecycle, orAborted, runCommand } from '../../ops/command-line/lifecycle.ts'
import { createProgress } from '../../ops/command-line/progress.ts'
import { type Experiment, experiments } from './experiments/catalogue.ts'
import type { CpuLimit } from './experiments/cpu-limit.ts'
import { type PerClass, workerClasses } from './experiments/facts.ts'
import { findCpuLimit } from './experiments/find-cpu-limit.ts'
import { runExperiment } from './experiments/run.ts'
import { lastMoment, picture } from './report/gantt.ts'
import { page } from './report/page.ts'
import { type Finding, type NotRun, type Run, reportOf } from './report/report.ts'
import { table } from './report/table.ts'

const ids = experiments.map(({ id }) => id)
const program = command(
  'npm start',
  `Replays the lesson of fair dispatch on a real RabbitMQ: one producer, one queue, a slow and a fast worker. Writes
.warren/report.html and .warren/report.json.

Experiments: ${ids.join(', ')}.`,
  'npm start -- --only auto-ack,fair --slow 1000 --fast 500',
)
  .option(
    '--only <experiment,...>',
    'run these experiments alone; may be given more than once',
    listOf(oneOf('experiment', ids)),
  )
  .option('--tasks <number>', 'tasks of each experiment', wholeNumber(2, 1_000), 50)
  .option('--slow <ms>', 'time of a task on the slow worker', wholeNumber(1, 60_000), 200)
  .option('--fast <ms>', 'time of a task on the fast worker', wholeNumber(1, 60_000), 100)
  .option('--picture <file>', 'also draw the first and the last of these experiments as one SVG file')
  .option(
    '--json',
    'print the report as JSON on standard output, all else on standard error: npm start --silent -- --json',
  )

await runCommand(program, async ({ options, ...lifecycle }) => {
  const { slow, fast, tasks, only, picture: pictureFile, json } = options
  if (slow < fast) throw new UsageError(`--slow must be no less than --fast, got ${slow} and ${fast}`)
  const chosen = experiments.filter(({ id }) => only?.includes(id) ?? true)
  const output = json ? process.stderr : process.stdout
  const run = await perform(chosen, tasks, { slow, fast }, output, lifecycle)
  output.write(table(run, output))
  await write(run, pictureFile)
  output.write(`Pictures: ${resolve(warrenFolder, 'report.html')}\n`)
  if (json) console.log(JSON.stringify(reportOf(run), undefined, 2))
  const { findings } = run
  return findings.length > 0 && findings.every(({ contradictions }) => contradictions.length === 0) ? 0 : 1
})

async function perform(
  chosen: readonly Experiment[],
  tasks: number,
  taskMs: PerClass<number>,
  output: NodeJS.WriteStream,
  { signal, stack }: Lifecycle,
): Promise<Run> {
  const progress = createProgress(output)
  const say = (line: string) => progress.say(line)
  const broker = await orAborted(ensureBroker({ env: process.env, progress: say }), signal)
  stack.defer(() => broker.stop())
  say(`RabbitMQ ${broker.version}: ${broker.how}`)
  stack.defer(removeBundles)
  const bundles = await orAborted(buildBundles(), signal)
  const findings: Finding[] = []
  const notRun: NotRun[] = []
  const onProgress = (done: PerClass<number>, of: number) =>
    progress.show(workerClasses.map((name) => bar(name, done[name], of)))
  let limiting: Promise<CpuLimit | string> | undefined
  const cpuLimit = () => (limiting ??= orAborted(limitFor(broker, bundles, say, stack), signal))
  for (const experiment of chosen) {
    say(styleText('bold', `${experiment.id}: ${experiment.title}`, { stream: output }))
    const limit = experiment.cpus ? await cpuLimit() : undefined
    if (typeof limit === 'string') {
      say(`  not run: ${limit}`)
      notRun.push({ experiment, reason: limit })
      continue
    }
    const setting = { broker, bundles, tasks, taskMs, onProgress, signal, cpuLimit: limit }
    findings.push(await runExperiment(experiment, setting))
    progress.settle()
  }
  return { broker: { version: broker.version, how: broker.how }, taskMs, findings, notRun }
}

/** Sought when it is needed: a container's image may have to be pulled. */
async function limitFor(
  { amqpUrl }: Broker,
  { worker }: BundlesFolder,
  progress: (line: string) => void,
  stack: AsyncDisposableStack,
): Promise<CpuLimit | string> {
  const limit = await findCpuLimit({ bundle: worker, brokerUrl: amqpUrl, env: process.env, progress })
  if (typeof limit === 'string') return limit
  stack.defer(() => limit.remove())
  progress(`CPU limited by ${limit.how}`)
  return limit
}

function bar(name: string, done: number, tasks: number): string {
  const filled = Math.round((40 * done) / tasks)
  return `  ${name} ${'█'.repeat(filled)}${'·'.repeat(40 - filled)} ${String(done).padStart(4)} done`
}

async function write(run: Run, pictureFile: string | undefined): Promise<void> {
  await mkdir(warrenFolder, { recursive: true })
  await writeFile(resolve(warrenFolder, 'report.json'), `${JSON.stringify(reportOf(run), undefined, 2)}\n`)
  await writeFile(resolve(warrenFolder, 'report.html'), page(run))
  if (!pictureFile) return
  const strips = [run.findings.at(0), run.findings.at(-1)].flatMap((finding) =>
    finding ? [{ title: finding.experiment.title, facts: finding.facts }] : [],
  )
  await writeFile(pictureFile, picture(strips, lastMoment(strips)))
}
