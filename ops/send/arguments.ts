import { randomBytes } from 'node:crypto'
import { taskTypes } from '../../services/tasks/registry.ts'
import { oneOf, UsageError, wholeNumber } from '../command-line/arguments.ts'
import type { Order } from './send-tasks.ts'

/** What is sent of a type where nothing else is asked. */
const examples: Readonly<Record<string, unknown>> = {
  sleep: { ms: 200 },
  // one second on a whole vCPU, four on a quarter of one
  digest: { rounds: 1_000_000 },
}

/** What the options ask for. @throws UsageError */
export function readOrder(
  options: {
    readonly count: string
    readonly type: string
    readonly rate?: string
    readonly payload?: string
  },
  now: number,
): Order {
  const rate = options.rate === undefined ? undefined : Number(options.rate.replace(/\/s$/, ''))
  if (rate !== undefined && !(rate >= 0.01 && rate <= 100_000)) {
    throw new UsageError(
      `--rate must be tasks a second from 0.01 to 100000, got ${JSON.stringify(options.rate)}`,
    )
  }
  const names = taskTypes.map(({ type }) => type)
  const type = oneOf('task type', options.type, names)
  return {
    // tasks can be found by it, and two runs never share an id
    run: `send-${now.toString(36)}-${randomBytes(3).toString('hex')}`,
    type,
    payload: readPayload(type, options.payload),
    count: wholeNumber('--count', options.count, 1, 10_000_000),
    rate,
  }
}

function readPayload(type: string, text: string | undefined): unknown {
  const payload = text === undefined ? (examples[type] ?? {}) : parse(text)
  const parsed = taskTypes.find((known) => known.type === type)?.payload.safeParse(payload)
  if (parsed?.success !== false) return payload
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim())
  const given = text === undefined ? `${type} needs a --payload` : `--payload does not fit ${type}`
  throw new UsageError(`${given}: ${problems.join('; ')}`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageError(`--payload must be JSON such as '{"ms":200}', got ${JSON.stringify(text)}`)
  }
}
