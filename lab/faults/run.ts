import { randomInt } from 'node:crypto'
import { listOf, oneOf, wholeNumber } from '../../ops/command-line/arguments.ts'
import { command } from '../../ops/command-line/command.ts'
import { runCommand } from '../../ops/command-line/lifecycle.ts'
import { faults } from './catalogue.ts'
import type { Fault } from './fault.ts'
import { folder, perform } from './perform.ts'
import { appendPiece } from './piece.ts'
import type { reportOf } from './report.ts'

const kinds = faults.map(({ kind }) => kind)
const program = command(
  'npm run faults -w lab',
  `Throws faults at producers, a real RabbitMQ and workers under load, and proves by counting that nothing is lost and
nothing is done twice without a reason. In the first half of the time each kind comes by itself, which shows how soon
the rate of done tasks is back; then they overlap. Writes .warren/faults.json, faults.svg and history.jsonl, and has
lab/checker, a program of its own in Python, judge the history too. Exits with 1 if a task was lost or done twice
without a reason, if the rate was not back in ten seconds, or if the checker found a violation.

Faults: ${kinds.join(', ')}.
Those of a cluster (${kindsOf('cluster').join(', ')}) need --nodes 3, those of a ledger (${kindsOf('ledger').join(', ')}) need --ledger;
naming one is enough.`,
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
  .option('--nodes <number>', 'broker nodes: 1 or 3', oneOf('number of nodes', ['1', '3']), '1')
  .option('--ledger', 'keep a ledger')
  .option('--rate <number>', 'new tasks per second', wholeNumber(1, 1_000), 100)
  .option('--into <file>', 'add the totals to this file, of which npm run campaign -w lab makes a page')
  .option('--json', 'print the report as JSON')

await runCommand(program, async ({ options, ...lifecycle }) => {
  const { minutes, seed = randomInt(2 ** 32), rate, only, into, json } = options
  const asked = { nodes: options.nodes === '3', ledger: options.ledger === true }
  const chosen = choose(only, minutes, asked)
  const needed = (needs: Fault['needs']) => chosen.some((fault) => fault.needs === needs)
  const nodes = asked.nodes || needed('cluster') ? 3 : 1
  const ledger = asked.ledger || needed('ledger')
  console.error(`seed ${seed}, ${minutes} minutes, ${nodes} nodes, ${chosen.length} kinds of faults`)
  const { report, verdict, wrong, piece } = await perform(
    { seed, minutes, rate, nodes, ledger, chosen },
    lifecycle,
  )
  if (into !== undefined) await appendPiece(into, piece)
  console.log(json ? JSON.stringify(report) : `${summary(report)}\nChecker: ${verdict.summary}`)
  for (const line of wrong) console.error(line.startsWith('violated: ') ? line : `violated: ${line}`)
  return wrong.length === 0 ? 0 : 1
})

function kindsOf(needs: Fault['needs']): string[] {
  return faults.filter((fault) => fault.needs === needs).map(({ kind }) => kind)
}

function choose(
  only: readonly string[] | undefined,
  minutes: number,
  { nodes, ledger }: { readonly nodes: boolean; readonly ledger: boolean },
): readonly Fault[] {
  if (only) return faults.filter(({ kind }) => only.includes(kind))
  const has = { node: true, cluster: nodes, ledger }
  // what takes minutes to recover from wants a run of more
  return faults.filter(({ needs, recovery }) => has[needs] && (!recovery || minutes >= 10))
}

function summary({ faults, details, ...counts }: ReturnType<typeof reportOf>): string {
  const struck = Object.values(faults).reduce((sum, count) => sum + count, 0)
  return `${struck} faults of ${Object.keys(faults).length} kinds
${counts.attempted} tasks attempted, ${counts.confirmed} confirmed, ${counts.done} done, ${counts.deadLettered} dead letters
${counts.lost} lost, ${counts.unexpected} that nobody sent
${counts.doneTwice} done twice, ${counts.doneTwiceUnexplained} of them for no reason that is known
${counts.statesWrong} with a wrong state in the ledger
${details.recoveriesWithinTenSeconds} times back at the rate within ten seconds, ${details.recoveriesWithoutReason} times later without a reason
${details.workersWeighed} workers weighed: at most ${details.memoryGrowth.toFixed(3)} of their memory after 1,000 tasks
Report, picture and history: ${folder}/faults.json, faults.svg, history.jsonl`
}
