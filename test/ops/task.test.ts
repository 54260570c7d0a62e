import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { outputs } from '../../infra/outputs.ts'
import { createAws } from '../../ops/target/aws.ts'
import { deployedTaskRecords } from '../../ops/target/deployed-task-records.ts'
import { runQuery } from '../../ops/target/insights.ts'
import { xrayUrl } from '../../ops/target/trace-url.ts'
import { searchTasks } from '../../ops/tasks/search.ts'
import { storyOf } from '../../ops/tasks/story.ts'
import { storyLines } from '../../ops/tasks/view.ts'
import type { Outcome } from '../../services/contract/log.ts'
import type { Task } from '../../services/contract/task.ts'
import { createLogger } from '../../services/telemetry/logger.ts'
import { describeTry, severity } from '../../services/worker/delivery.ts'
import type { Ending } from '../../services/worker/outcome.ts'
import { type Account, readyAccount, startAwsStandIn } from './aws-stand-in.ts'
import { answerInsights, type Event } from './insights-stand-in.ts'
import { runOps } from './run-command.ts'

/** An hour ago, so that it is in what a command searches. */
const begun = Date.now() - 3_600_000
const at = (seconds: number) => new Date(begun + seconds * 1_000).toISOString()

/** A line as a service's logger writes it, at that time. */
function line(level: 'debug' | 'info' | 'warn', seconds: number, msg: string, fields: object): string {
  let text = ''
  createLogger('debug', (written) => {
    text = written
  })[level](msg, fields)
  return JSON.stringify({ ...JSON.parse(text), time: at(seconds) })
}

/** The line of a try, as a worker writes it. */
function attempt(
  from: number,
  to: number,
  ending: Ending,
  { count = 0, ...task }: Partial<Omit<Task, 'payload'>> & { count?: number } = {},
): string {
  const place = { class: 'small', worker: 'aa11', slot: 3 }
  const times = { startedAt: begun + from * 1_000, endedAt: begun + to * 1_000 }
  const whole = { id: 'order-7', type: 'resize', queuedAt: begun, tenant: 'acme', ...task }
  return line(severity(ending.outcome), to, 'task', describeTry(place, whole, count, times, ending))
}

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const stack = 'Error: 503\n    at fetch\n    at resize'
/** The logs of an environment with two queues: a task that fails, is put off, dies, is redriven, and sends others. */
const events: readonly Event[] = [
  {
    group: 'jobs-logs',
    message: attempt(1, 3, { outcome: 'failed', reason: 'HttpError: 503' }, { traceparent }),
  },
  { group: 'jobs-logs', message: line('info', 2, 'fetching', { url: 'a/b', id: 'order-7', type: 'resize' }) },
  {
    group: 'jobs-logs',
    message: line('warn', 2.9, 'handler threw', { error: stack, id: 'order-7', type: 'resize' }),
  },
  { group: 'jobs-logs', message: line('info', 2, 'fetching', { id: 'order-70', type: 'resize' }) },
  {
    group: 'jobs-logs',
    stream: 'other',
    message: line('info', 2.5, 'of another process', { id: 'order-7' }),
  },
  {
    group: 'jobs-logs',
    message: attempt(20, 21, { outcome: 'permanent-failure', reason: 'no such image' }, { count: 1 }),
  },
  {
    group: 'operator-logs',
    message: line('info', 30, 'redrive', { request: { action: 'redrive', dryRun: false, ids: ['order-7'] } }),
  },
  { group: 'jobs-logs', message: attempt(40, 44, { outcome: 'done', sent: 2 }) },
  {
    group: 'calls-logs',
    message: attempt(
      50,
      51,
      { outcome: 'failed', reason: 'x' },
      { id: 'order-7.0', type: 'call', parent: 'order-7' },
    ),
  },
  {
    group: 'calls-logs',
    message: attempt(
      60,
      61,
      { outcome: 'done' },
      { id: 'order-7.0', type: 'call', parent: 'order-7', count: 1 },
    ),
  },
  {
    group: 'producer-logs',
    message: line('warn', -5, 'tasks were not accepted', {
      tasks: 2,
      reasons: ['queue full'],
      ids: ['order-7', 'order-8'],
    }),
  },
  { group: 'jobs-logs', message: line('info', 3, 'mentions it', { about: 'order-7', id: 'order-9' }) },
  { group: 'strangers-logs', message: line('info', 3, 'of somebody else', { id: 'order-7' }) },
]

let account: Account
beforeEach(() => {
  account = readyAccount()
  const stackWith = (queue: string, more: Readonly<Record<string, string>>) => ({
    status: 'UPDATE_COMPLETE',
    outputs: {
      [outputs.endpoint]: 'https://producer.example',
      [outputs.queue]: queue,
      [outputs.metricsNamespace]: 'warren/several',
      [outputs.operatorFunction]: `${queue}-operator`,
      [outputs.topologyFunction]: `${queue}-topology`,
      [outputs.cluster]: `${queue}-cluster`,
      [outputs.workerLogGroups]: JSON.stringify({ small: `${queue}-logs` }),
      [outputs.logGroups]: JSON.stringify({ ...more, probe: `${queue}-probe-logs` }),
    },
  })
  account.stacks = {
    'warren-several-work-queue': stackWith('jobs', { producer: 'producer-logs', operator: 'operator-logs' }),
    'warren-several-work-queue-calls': stackWith('calls', {}),
    'warren-several-work-queue-reports': stackWith('reports', {}),
  }
  account.answers = {
    GetMetricData: () => ({ body: { MetricDataResults: [{ Id: 'group_0', Values: [1_000] }] } }),
  }
})

afterEach(() => vi.unstubAllEnvs())

async function startAccount() {
  const aws = await startAwsStandIn(account)
  for (const [name, value] of Object.entries(aws.env)) vi.stubEnv(name, value)
  const run = (...args: string[]) => runOps('task', ['several', ...args], { env: aws.env })
  return { ...aws, run }
}

test('one query over the logs of all queues tells the whole story', async () => {
  const { started } = answerInsights(account, events)
  await using aws = await startAccount()
  const { status, stdout, stderr } = await aws.run('order-7', '--json')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const story = JSON.parse(stdout)
  expect(story).toMatchObject({
    ...{ environment: 'several', id: 'order-7', type: 'resize', tenant: 'acme', state: 'done', more: 0 },
    ...{ acceptedAt: at(0), endedAt: at(44), traceId: '0af7651916cd43dd8448eb211c80319c' },
    tries: [
      {
        queue: 'jobs',
        class: 'small',
        worker: 'aa11',
        slot: 3,
        waitMs: 1_000,
        durationMs: 2_000,
        outcome: 'failed',
      },
      { outcome: 'permanent-failure', reason: 'no such image', last: true },
      { outcome: 'done', sent: 2, again: true },
    ],
    children: [{ id: 'order-7.0', type: 'call', tries: 2, outcome: 'done', endedAt: at(61) }],
  })
  expect(story.tries[0].lines).toEqual([
    { time: at(2), by: 'small', level: 'info', msg: 'fetching', fields: { url: 'a/b' } },
    { time: at(2.9), by: 'small', level: 'warn', msg: 'handler threw', fields: { error: stack } },
  ])
  expect(story.lines).toEqual([
    expect.objectContaining({ by: 'producer', msg: 'tasks were not accepted' }),
    expect.objectContaining({ msg: 'of another process' }),
    expect.objectContaining({ by: 'operator', msg: 'an operator redrove it' }),
  ])
  expect(started).toHaveLength(1)
  expect(started[0]?.logGroupNames.toSorted()).toEqual([
    ...['calls-logs', 'jobs-logs', 'operator-logs', 'producer-logs', 'reports-logs'],
  ])
  expect(story.reading.usd).toBeGreaterThan(0)
})

test('a story fits a terminal of 80 columns, a stack and all', async () => {
  answerInsights(account, events)
  await using aws = await startAccount()
  const { stdout } = await aws.run('order-7', '--json')
  const lines = storyLines(JSON.parse(stdout), 80).map(stripVTControlCharacters)
  for (const text of lines) expect(text.length, text).toBeLessThanOrEqual(80)
  const order = [
    /^resize order-7 +done/,
    /try 1 by small aa11, slot 3, waited 1\.0 s/,
    /fetching +url=a\/b/,
    / +at resize/,
  ]
  const rest = [
    /failed after 2\.0 s: HttpError: 503/,
    /now a dead letter/,
    /an operator redrove it|redriven/,
    /done after 4\.0 s, sent 2/,
    /call order-7\.0 +done, 2 tries/,
  ]
  let from = 0
  for (const pattern of [...order, ...rest]) {
    const found = lines.findIndex((text, index) => index >= from && pattern.test(text))
    expect(found, `${pattern} in\n${lines.join('\n')}`).toBeGreaterThanOrEqual(from)
    from = found
  }
})

test('tries have the numbers that the ledger gives them, and a stack that comes again stands once', async () => {
  const threw = (seconds: number) =>
    line('warn', seconds, 'handler threw', { error: stack, id: 'order-7', type: 'resize' })
  const failed = { outcome: 'failed', reason: '503' } as const
  const messages = [
    ...[
      attempt(1, 3, failed),
      threw(2),
      attempt(11, 13, { outcome: 'handed-back' }, { count: 1 }),
      threw(12),
    ],
    attempt(20, 21, { outcome: 'permanent-failure', reason: 'no such image' }, { count: 1 }),
    ...[attempt(40, 44, failed), threw(42)],
  ]
  answerInsights(
    account,
    messages.map((message) => ({ group: 'jobs-logs', message })),
  )
  await using aws = await startAccount()
  const { stdout } = await aws.run('order-7')
  expect(stdout.match(/try \d+ by|redriven|error=.*|at resize/g)).toEqual([
    ...['try 1 by', 'at resize', 'try 2 by', 'error=as above', 'try 2 by'],
    ...['redriven', 'try 1 by', 'error=as above'],
  ])
})

test.each<[string, Outcome[], string]>([
  ['a late double try leaves it done', ['done', 'connection-lost'], 'done'],
  ['one that is put off waits', ['failed', 'later'], 'waiting'],
  ['one whose connection was lost may come again', ['connection-lost'], 'failed'],
  ['a cancelled one is', ['failed', 'cancelled'], 'cancelled'],
])('%s', async (_, outcomes, state) => {
  const tries = outcomes.map((outcome, index) =>
    attempt(index * 10, index * 10 + 1, { outcome }, { count: index }),
  )
  answerInsights(
    account,
    tries.map((message) => ({ group: 'jobs-logs', message })),
  )
  await using aws = await startAccount()
  expect(JSON.parse((await aws.run('order-7', '--json')).stdout).state).toBe(state)
})

test('of a task that no log names it says what was searched, and what to try', async () => {
  answerInsights(account, events)
  await using aws = await startAccount()
  const { status, stdout } = await aws.run('order-6', '--since', '2h')
  expect(status).toBe(1)
  expect(stdout).toMatch(/^no log of several names order-6\n\n +searched +the last 2\.0 h: /)
  for (const group of ['jobs-logs', 'calls-logs', 'producer-logs']) expect(stdout).toContain(group)
  expect(stdout).toContain('--since 7d')
})

test('says before a search of more than 1 GB what it costs, and needs --yes', async () => {
  const { started } = answerInsights(account, events)
  account.answers = {
    ...account.answers,
    GetMetricData: () => ({ body: { MetricDataResults: [{ Id: 'group_0', Values: [3 * 2 ** 30] }] } }),
  }
  await using aws = await startAccount()
  const refused = await aws.run('order-7')
  expect(refused.status).toBe(2)
  expect(refused.stderr).toMatch(
    /^warren: this searches about 3\.0 GB of logs, for about 0\.015 USD: add --yes, or search a shorter time with --since\n/,
  )
  expect(started).toHaveLength(0)
  const agreed = await aws.run('order-7', '--yes')
  expect(agreed).toMatchObject({
    status: 0,
    stderr: 'this searches about 3.0 GB of logs, for about 0.015 USD\n',
  })
})

test('thousands of lines of a handler do not hide the tries, and it is said that there are more', async () => {
  const chatter = Array.from({ length: 10_050 }, (_, index) => ({
    group: 'jobs-logs',
    message: line('info', 45 + index / 1_000, 'step', { index, id: 'order-7', type: 'resize' }),
  }))
  const { started } = answerInsights(account, [...events, ...chatter])
  await using aws = await startAccount()
  const { tries, more, lines } = JSON.parse((await aws.run('order-7', '--json')).stdout)
  expect(tries).toHaveLength(3)
  // the newest 10,000 that name it, of which two are tries of its child
  expect(lines.length).toBe(10_000 - 2)
  expect(more).toBeGreaterThan(50)
  expect(started).toHaveLength(2)
  expect((await aws.run('order-7')).stdout).toMatch(/more lines name it, and were not read/)
})

test('a search that is stopped is stopped at AWS too', async () => {
  const { started, stopped } = answerInsights(account, events, true)
  await using aws = await startAccount()
  const stop = new AbortController()
  const times = { from: begun, to: Date.now() }
  const asked = runQuery(
    createAws('eu-central-1', aws.env),
    ['jobs-logs'],
    'fields @message',
    times,
    stop.signal,
  )
  asked.catch(() => undefined)
  await expect.poll(() => started.length).toBe(1)
  stop.abort(new Error('stopped'))
  await expect(asked).rejects.toThrow('stopped')
  expect(stopped).toEqual(['query-1'])
})

test('finds tasks by type, outcome, time and how their ids begin, each once', async () => {
  const { started } = answerInsights(account, events)
  await using aws = await startAccount()
  const places = new Map(['jobs', 'calls'].map((queue) => [`${queue}-logs`, { queue, by: 'small' }]))
  const records = deployedTaskRecords(
    createAws('eu-central-1', aws.env),
    async () => places,
    () => undefined,
  )
  const never = new AbortController().signal
  const search = async (query: object) => {
    const { tasks } = await searchTasks({ taskRecords: records }, { limit: 10, ...query }, never)
    return tasks.map(({ id, outcome, queue }) => [id, outcome, queue])
  }
  expect(await search({})).toEqual([
    ['order-7.0', 'done', 'calls'],
    ['order-7', 'done', 'jobs'],
  ])
  expect(await search({ type: 'call' })).toEqual([['order-7.0', 'done', 'calls']])
  expect(await search({ outcome: 'failed' })).toEqual([
    ['order-7.0', 'failed', 'calls'],
    ['order-7', 'failed', 'jobs'],
  ])
  expect(await search({ id: 'order-7.' })).toEqual([['order-7.0', 'done', 'calls']])
  expect(await search({ to: begun + 22_000 })).toEqual([['order-7', 'permanent-failure', 'jobs']])
  expect(await search({ limit: 1 })).toHaveLength(1)
  const before = started.length
  await expect(search({ id: '/ | limit 1' })).rejects.toThrow('no task id begins with')
  await expect(storyOf({ taskRecords: records }, 'a"b', { signal: never })).rejects.toThrow('no task id')
  expect(started).toHaveLength(before)
})

test('an id that none can be is a mistake of the caller', async () => {
  const { status, stderr } = await runOps('task', ['local', 'no id'])
  expect(status).toBe(2)
  expect(stderr).toContain('"no id" is no task id: 1 to 128 of')
})

test('a trace of W3C has its page in the console of X-Ray', () => {
  expect(xrayUrl('eu-west-1', '0af7651916cd43dd8448eb211c80319c')).toBe(
    'https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#xray:traces/1-0af76519-16cd43dd8448eb211c80319c',
  )
})
