import { randomInt } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { listOf, oneOf, wholeNumber } from '../../ops/command-line/arguments.ts'
import { command } from '../../ops/command-line/command.ts'
import { type Lifecycle, runCommand } from '../../ops/command-line/lifecycle.ts'
import { createProgress } from '../../ops/command-line/progress.ts'
import { seededRandom } from '../random.ts'
import { campaign } from './campaign.ts'
import { faults } from './catalogue.ts'
import type { Fault } from './fault.ts'
import { picture } from './picture.ts'
import { lateRecoveries, reportOf, violations } from './report.ts'
import { runOf } from './run-of.ts'
import { statesWrong } from './states.ts'
import { System } from './system.ts'

const kinds = faults.map(({ kind }) => kind)
const program = command(
  'npm run faults -w lab',
  `Throws faults at producers, a real RabbitMQ and workers under load, and proves by counting that nothing is lost and
nothing is done twice without a reason. In the first half of the time each kind comes by itself, which shows how soon
the rate of done tasks is back; then one comes every few seconds, and they overlap. Writes .warren/faults.json and
.warren/faults.svg. Exits with 1 if a task was lost or done twice without a reason, or if the rate was not back in ten
seconds.

Faults: ${kinds.join(', ')}.
Those of a cluster (${kindsOf('cluster').join(', ')}) need three nodes, those of a ledger (${kindsOf('ledger').join(', ')}) need
one; both run only when they are named.`,
  'npm run faults -w lab -- --minutes 30 --seed 7',
)
  .option('--minutes <number>', 'how long', wholeNumber(1, 24 * 60), 3)
  .option(
    '--seed <number>',
    'repeat the choices of an earlier run; without it, a random one, which is printed',
    wholeNumber(0, 2 ** 32 - 1),
  )
  .option(
    '--only <kind,...>',
    'these kinds of faults; may be given more than once',
    listOf(oneOf('fault', kinds)),
  )
  .option('--rate <number>', 'new tasks per second', wholeNumber(1, 1_000), 100)
  .option('--json', 'print the report as JSON')

const folder = resolve(import.meta.dirname, '../../.warren')

await runCommand(program, async ({ options, ...lifecycle }) => {
  const { minutes, seed = randomInt(2 ** 32), rate, only, json } = options
  const chosen = choose(only, minutes)
  console.error(`seed ${seed}, ${minutes} minutes, ${chosen.length} kinds of faults`)
  const { run, report } = await perform({ seed, minutes, rate, chosen }, lifecycle)
  console.log(json ? JSON.stringify(report) : summary(report))
  const wrong = [...violations(run), ...lateRecoveries(run)]
  for (const line of wrong) console.error(`violated: ${line}`)
  return wrong.length === 0 ? 0 : 1
})

function kindsOf(needs: Fault['needs']): string[] {
  return faults.filter((fault) => fault.needs === needs).map(({ kind }) => kind)
}

function choose(only: readonly string[] | undefined, minutes: number): readonly Fault[] {
  if (only) return faults.filter(({ kind }) => only.includes(kind))
  // what takes minutes to recover from wants a run of more
  return faults.filter(({ needs, recovery }) => needs === 'node' && (!recovery || minutes >= 10))
}

interface Plan {
  readonly seed: number
  readonly minutes: number
  readonly rate: number
  readonly chosen: readonly Fault[]
}

async function perform({ seed, minutes, rate, chosen }: Plan, { signal, stack }: Lifecycle) {
  const progress = createProgress(process.stderr)
  const nodes = chosen.some(({ needs }) => needs === 'cluster') ? 3 : 1
  progress.show(['starting ...'])
  const kept = chosen.some(({ needs }) => needs === 'ledger')
  const system = stack.use(await System.start({ seed, rate, nodes, kept, progress: progress.say }))
  const failures: string[] = []
  const failed = (error: unknown) => {
    failures.push(error instanceof Error ? error.message : String(error))
    progress.say(`failed: ${failures.at(-1)}`)
  }
  let latest = 'none yet'
  const end = Date.now() + minutes * 60_000
  const ticker = setInterval(() => progress.show([statusOf(system, end, latest)]), 1_000)
  stack.defer(() => clearInterval(ticker))
  const events = {
    began: ({ kind }: Fault) => {
      latest = kind
    },
    failed: (_: Fault, error: unknown) => failed(error),
  }
  await campaign(system, chosen, minutes, seededRandom(seed), events, signal)
  const patience = Math.max(60, ...chosen.map(({ recovery }) => recovery?.seconds ?? 0)) + 60
  await system.settle(patience).catch(failed)
  await system.stopServices().catch(failed)
  clearInterval(ticker)
  const run = runOf(system, { seed, minutes, failures, statesWrong: await statesWrong(system) })
  const report = reportOf(run)
  await write(report, picture(system.seen.doneAt, system.ledger.episodes), system.admin.secrets)
  return { run, report }
}

function statusOf(system: System, end: number, latest: string): string {
  system.readEffects()
  const { ledger } = system
  const left = Math.max(0, Math.round((end - Date.now()) / 1_000))
  const counts = `${ledger.confirmed} confirmed, ${ledger.done} done, ${ledger.episodes.length} faults`
  return `${left > 0 ? `${left} s left` : 'waiting for what is left'}: ${counts}, latest ${latest}`
}

type Report = ReturnType<typeof reportOf>

async function write(report: Report, svg: string, secrets: ReadonlySet<string>): Promise<void> {
  const json = `${JSON.stringify(report, undefined, 2)}\n`
  for (const secret of secrets) if (json.includes(secret)) throw new Error('the report holds a secret')
  await mkdir(folder, { recursive: true })
  await writeFile(resolve(folder, 'faults.json'), json)
  await writeFile(resolve(folder, 'faults.svg'), svg)
}

function summary({ faults, details, ...counts }: Report): string {
  const struck = Object.values(faults).reduce((sum, count) => sum + count, 0)
  return `${struck} faults of ${Object.keys(faults).length} kinds
${counts.attempted} tasks attempted, ${counts.confirmed} confirmed, ${counts.done} done, ${counts.deadLettered} dead letters
${counts.lost} lost, ${counts.unexpected} that nobody sent
${counts.doneTwice} done twice, ${counts.doneTwiceUnexplained} of them for no reason that is known
${counts.statesWrong} with a wrong state in the ledger
${details.recoveriesWithinTenSeconds} times back at the rate within ten seconds, ${details.recoveriesWithoutReason} times later without a reason
${details.workersWeighed} workers weighed: at most ${details.memoryGrowth.toFixed(3)} of their memory after 1,000 tasks
Report and picture: ${folder}/faults.json, faults.svg`
}
