import { environments } from '../infra/environments.ts'
import { synthesize } from './cdk-cli.ts'
import { commandLine, oneOf, UsageError } from './command-line/arguments.ts'
import { runCommand } from './command-line/command.ts'
import { type Bill, billOf, type Row, unpriced } from './cost/bill.ts'
import { prices } from './cost/prices.ts'

const names = Object.keys(environments)
const help = `npm run cost -- <environment> [options]

What an environment costs a month, by kind of resource: idle, under a load, and at most, which is every worker class at
its most tasks and the API at its throttling rate, all month. Nothing is looked up at AWS.
  --tasks-per-second <n>   default 10
  --task-seconds <s>       how long a task takes on a whole vCPU, default 0.1
  --json
environments: ${names.join(', ')}
example: npm run cost -- production --tasks-per-second 50 --task-seconds 0.5`

await runCommand(help, process.env, async () => {
  const { values, positionals } = commandLine(
    process.argv.slice(2),
    {
      'tasks-per-second': { type: 'string', default: '10' },
      'task-seconds': { type: 'string', default: '0.1' },
      json: { type: 'boolean', default: false },
    },
    { positionals: true },
  )
  if (values.help) {
    console.log(help)
    return 0
  }
  const [named, ...rest] = positionals
  if (named === undefined || rest.length > 0)
    throw new UsageError(`name one environment: ${names.join(' or ')}`)
  const environment = oneOf('environment', named, names)
  const load = {
    tasksPerSecond: positive('--tasks-per-second', values['tasks-per-second']),
    taskSeconds: positive('--task-seconds', values['task-seconds']),
  }
  const { stacks } = await synthesize(environment, [], process.env)
  for (const type of unpriced(stacks))
    console.error(`warren: ${type} is not in this bill: add it to ops/cost`)
  const bill = billOf(stacks, load)
  console.log(
    values.json
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
  const line = (row: Row) => {
    const amounts = [row.idle, row.load, row.maximum].map((usd, index) =>
      amount(usd, row.approximate).padStart(columns[index]?.length ?? 0),
    )
    return [row.name.padEnd(width), ...amounts].join('  ')
  }
  const oldest = Object.values(prices)
    .map(({ date }) => date)
    .toSorted()[0]
  return [
    `${environment}: USD a month of 730 h in us-east-1, prices of ${oldest} and later; ≈ was not read at AWS itself`,
    '',
    [''.padEnd(width), ...columns].join('  '),
    ...rows.filter(({ maximum }) => maximum >= 0.005).map(line),
    line(total),
    '',
    `${workers} workers under load, tasks of 2 KB in requests of their own. Not counted: free tiers, discounts, taxes,`,
    'data to the internet, what CDK keeps in its bootstrap bucket and repository, and what your tasks use.',
    ...(beyond > 0
      ? [`${beyond.toFixed(1)} tasks/s more are asked for than the most tasks can do: the backlog grows.`]
      : []),
  ].join('\n')
}

function positive(option: string, value: string): number {
  const number = Number(value)
  if (value.trim() !== '' && number > 0 && Number.isFinite(number)) return number
  throw new UsageError(`${option} must be a number above 0, got ${JSON.stringify(value)}`)
}
