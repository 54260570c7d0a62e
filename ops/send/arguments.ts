import { randomBytes } from 'node:crypto'
import { InvalidArgumentError } from '@commander-js/extra-typings'
import type * as z from 'zod'
import { limits } from '../../services/contract/limits.ts'
import { taskIdPattern } from '../../services/contract/task.ts'
import { taskTypes } from '../../services/tasks/registry.ts'
import { environmentArgument, oneOf, UsageError, wholeNumber } from '../command-line/arguments.ts'
import { command } from '../command-line/command.ts'
import { environmentNames } from '../target/find.ts'
import type { Order } from './send-tasks.ts'

/** What is sent of a type where nothing else is asked. */
const examples: Readonly<Record<string, unknown>> = {
  sleep: { ms: 200 },
  // one second on a whole vCPU, four on a quarter of one
  digest: { rounds: 1_000_000 },
}

const types = taskTypes.map(({ type }) => type)

/** `npm run send`. */
export const sendCommand = () =>
  command(
    'npm run send',
    "Sends tasks through the producer's HTTP endpoint and says how long their confirms took.",
    'npm run send -- sandbox --count 50 --type digest --wait',
  )
    .addArgument(environmentArgument(environmentNames))
    .option('--count <n>', 'how many tasks', wholeNumber(1, 10_000_000), 50)
    .option('--type <type>', `their type: ${types.join(', ')}`, oneOf('task type', types), 'digest')
    .option('--payload <json>', 'their payload; without it, an example for the type')
    .option(
      '--priority <n>',
      `0 to ${limits.priority}, the highest first; without it, that of the type`,
      wholeNumber(0, limits.priority),
    )
    .option('--tenant <name>', 'for whom: who sends many tasks stands behind who sends few', tenantName)
    .option(
      '--delay <seconds>',
      `when they are due, from their acceptance: 1 to ${limits.delaySeconds} s`,
      wholeNumber(1, limits.delaySeconds),
    )
    .option('--rate <n>', 'tasks a second; without it, as fast as they are confirmed', tasksPerSecond)
    .option('--wait', 'wait until all are done, and say which worker class did how many')
    .option('--json', 'print the result as JSON')

function tenantName(value: string): string {
  if (taskIdPattern.test(value)) return value
  throw new InvalidArgumentError('It must be 1 to 128 of A-Z a-z 0-9 . _ : -.')
}

function tasksPerSecond(value: string): number {
  const rate = Number(value.replace(/\/s$/, ''))
  if (rate >= 0.01 && rate <= 100_000) return rate
  throw new InvalidArgumentError('It must be tasks a second, from 0.01 to 100000.')
}

/** What the options ask for. @throws UsageError when the payload does not fit the type */
export function readOrder(
  options: {
    readonly count: number
    readonly type: string
    readonly priority?: number | undefined
    readonly tenant?: string | undefined
    readonly delay?: number | undefined
    readonly rate?: number | undefined
    readonly payload?: string | undefined
  },
  now: number,
): Order {
  return {
    // tasks can be found by it, and two runs never share an id
    run: `send-${now.toString(36)}-${randomBytes(3).toString('hex')}`,
    type: options.type,
    payload: readPayload(options.type, options.payload),
    count: options.count,
    priority: options.priority,
    tenant: options.tenant,
    delaySeconds: options.delay,
    rate: options.rate,
  }
}

function readPayload(type: string, text: string | undefined): unknown {
  const payload = text === undefined ? (examples[type] ?? {}) : parse(text)
  const parsed = taskTypes.find((known) => known.type === type)?.payload.safeParse(payload)
  if (parsed?.success !== false) return payload
  const problems = parsed.error.issues.map((issue) => describeIssue(issue, payload))
  const given = text === undefined ? `${type} needs a --payload` : `--payload does not fit ${type}`
  throw new UsageError(`${given}: ${problems.join('; ')}`)
}

/** The field, what is wrong with it, and the value that was seen. */
function describeIssue({ path, message }: z.core.$ZodIssue, payload: unknown): string {
  const field = path.length === 0 ? 'the payload' : path.join('.')
  const seen = path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)?.[key], payload)
  if (seen === undefined) return `${field} is missing`
  return `${field}: ${message.replace(/^Invalid input: /, '')}, got ${JSON.stringify(seen).slice(0, 100)}`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageError(`--payload must be JSON such as '{"ms":200}', got ${JSON.stringify(text)}`)
  }
}
