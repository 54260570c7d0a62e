import { environments } from '../infra/environments.ts'
import { synthesize } from './cdk-cli.ts'
import { environmentArgument, positiveNumber } from './command-line/arguments.ts'
import { command } from './command-line/command.ts'
import { runCommand } from './command-line/lifecycle.ts'
import { type Bill, billOf, type CostRow, unpriced } from './cost/bill.ts'
import { prices } from './cost/prices.ts'
import { hasSchedule } from './fargate.ts'

const program = command(
  'npm run cost',
  `Says what an environment costs a month, by kind of resource: idle, under a load, and at its maximum, with every worker
class at maxTasks and the API at its throttling rate all month. It needs no AWS account.`,
  'npm run cost -- production --tasks-per-second 50 --task-seconds 0.5',
)
  .addArgument(environmentArgument(Object.keys(environments)))
  .option('--tasks-per-second <n>', 'the load, of each queue', positiveNumber, 10)
  .option('--task-seconds <n>', 'how long a task takes on a whole vCPU', positiveNumber, 0.1)
  .option('--json', 'print the bill as JSON')

await runCommand(program, async ({ args: [environment], options }) => {
  const { json, ...load } = options
  const { stacks } = await synthesize(environment, [], process.env)
  for (const type of unpriced(stacks))
    console.error(`warren: this bill leaves out ${type}: add a rule for it to ops/cost/rules.ts`)
  if (hasSchedule(stacks))
    console.error('warren: this bill ignores schedules: idle means minTasks of each class')
  const bill = billOf(stacks, load)
  console.log(
    json
      ? JSON.stringify({ environment, ...load, ...bill })
      : table(bill, environment, `${load.tasksPerSecond} tasks/s of ${load.taskSeconds} s`),
  )
  return 0
})

function table({ rows, total, workers, beyond }: Bill, environment: string, load: string): string {
  const width = Math.max(...rows.map(({ name }) => name.length), 20)
  const columns = ['idle', load, 'at most'].map((title) => title.padStart(11))
  const amount = (usd: number, approximate: boolean) =>
    `${approximate ? '≈' : ' '}${usd.toFixed(2).padStart(10)}`
  const line = (row: CostRow) => {
    const amounts = [row.idle, row.load, row.maximum].map((usd, index) =>
      amount(usd, row.approximate).padStart(columns[index]?.length ?? 0),
    )
    return [row.name.padEnd(width), ...amounts].join('  ')
  }
  const oldest = Object.values(prices)
    .map(({ date }) => date)
    .toSorted()[0]
  return [
    `${environment}: USD a month of 730 h in us-east-1, prices of ${oldest} and later; ≈ includes a price not read at AWS itself`,
    '',
    [''.padEnd(width), ...columns].join('  '),
    ...rows.filter(({ maximum }) => maximum >= 0.005).map(line),
    line(total),
    '',
    `Under load ${workers} workers run; each task has 2 KB and a request of its own. Not counted: free tiers, discounts, taxes,`,
    'data to the internet, what CDK keeps in its bootstrap bucket and repository, and what your tasks use.',
    ...(beyond > 0
      ? [`All workers together do ${beyond.toFixed(1)} tasks/s less than this load: the backlog grows.`]
      : []),
  ].join('\n')
}
