import { expect, test } from 'vitest'
import * as z from 'zod'
import { sameError } from '../../ops/redrive/groups.ts'
import { move } from '../../ops/redrive/move.ts'
import { timesOfDeaths } from '../../ops/redrive/read.ts'
import { letterTable } from '../../ops/redrive/table.ts'
import type { DeadLetters } from '../../ops/target/dead-letters.ts'
import { briefRow } from '../../services/operator/brief.ts'
import type { Letter } from '../../services/operator/letter.ts'
import { type OperatorRequest, operatorRequest, type RedriveResult } from '../../services/operator/request.ts'
import { startAwsStandIn } from './aws-stand-in.ts'
import { deployedSandbox, logEvents, taskLine } from './deployed.ts'
import { answerInsights } from './insights-stand-in.ts'
import { runOps } from './run-command.ts'

const letter = (id: string, others: Partial<Letter> = {}): Letter => ({
  id,
  type: 'digest',
  reason: 'delivery_limit',
  count: 1,
  diedAt: '2026-01-01T00:10:00.000Z',
  ageSeconds: 7_200,
  deliveryCount: 11,
  redriven: 0,
  bytes: 2,
  unreadable: null,
  ...others,
})
const step = (others: Partial<RedriveResult>): RedriveResult => ({
  dryRun: false,
  scanned: 1,
  matched: 1,
  moved: 1,
  left: 0,
  ...others,
})
const never = new AbortController().signal

/** What the operator function knew before there were groups. */
const olderRequest = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('list'), limit: z.int() }),
  z.strictObject({ action: z.literal('redrive'), dryRun: z.boolean() }),
])

/** An operator that answers so, one step after the other, and what it was asked. */
function operator(...steps: RedriveResult[]) {
  const asked: { seconds?: number | undefined; limit?: number | undefined }[] = []
  const deadLetters: Pick<DeadLetters, 'redrive'> = {
    async redrive(request) {
      asked.push(request)
      return steps.shift() ?? step({ moved: 0 })
    },
  }
  return { deadLetters, asked }
}
const next = (seconds: number) =>
  operatorRequest.parse({ action: 'redrive', seconds, dryRun: false }) as never

test('goes on until the operator says that all is done', async () => {
  const { deadLetters, asked } = operator(
    step({ moved: 40, left: 60, next: next(5) }),
    step({ moved: 60, left: 0 }),
  )
  const steps: number[] = []
  expect(await move(deadLetters, {}, never, ({ moved }) => steps.push(moved))).toEqual({
    moved: 100,
    left: 0,
  })
  expect(steps).toEqual([40, 100])
  expect(asked).toHaveLength(2)
})

test('gives a step that passed others without moving one more time', async () => {
  const { deadLetters, asked } = operator(step({ moved: 0, next: next(5) }), step({ moved: 1 }))
  await move(deadLetters, {}, never, () => {})
  expect(asked.map(({ seconds }) => seconds)).toEqual([5, 10])
})

test('ends after the step that is under way when it is stopped', async () => {
  const { deadLetters, asked } = operator(step({ next: next(5) }), step({ next: next(5) }))
  const stop = new AbortController()
  expect(await move(deadLetters, {}, stop.signal, () => stop.abort())).toEqual({ moved: 1, left: 0 })
  expect(asked).toHaveLength(1)
})

test('does not go on against a full queue', async () => {
  const { deadLetters } = operator(step({ moved: 3, left: 9, stopped: 'queue full', next: next(5) }))
  expect(await move(deadLetters, {}, never, () => {})).toEqual({ moved: 3, left: 9, stopped: 'queue full' })
})

test('shows what a client chose without its control characters', () => {
  const [, line] = letterTable([letter('a', { type: 'x\u001b[31mred' })], new Map([['a', 'boom\nbang']]), 200)
  expect(line).toBe('a   xred  2.0 h  delivery_limit  1      0         boom bang')
})

test('says of a letter that no line of the log can tell of why no worker can read it', () => {
  const lines = letterTable(
    [letter('', { unreadable: 'property type is missing' }), letter('b')],
    new Map(),
    200,
  )
  expect(lines[1]).toMatch(/unreadable: property type is missing$/)
  expect(lines[2]).toMatch(/not in the task log$/)
})

test('puts the error below where a terminal is too narrow for it', () => {
  const lines = letterTable([letter('a')], new Map([['a', 'x'.repeat(200)]]), 80)
  expect(lines).toHaveLength(3)
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80)
})

test('asks the operator function, and finds the last error of each in the logs', async () => {
  const account = deployedSandbox()
  await using aws = await startAwsStandIn(account)
  const letters = Array.from({ length: 30 }, (_, index) =>
    letter(`0198f0c2-0000-7000-8000-0000000000${10 + index}`),
  )
  const asked: object[] = []
  account.answers['/2015-03-31/functions/operator-function/invocations'] = (body) => {
    const request = JSON.parse(body)
    asked.push(request)
    return { body: request.action === 'list' ? { letters, deadLetters: 31 } : step({ moved: 30, left: 1 }) }
  }
  account.answers['FilterLogEvents'] = (body) => {
    const { filterPattern, startTime, endTime, logGroupName } = JSON.parse(body)
    expect(filterPattern.length).toBeLessThanOrEqual(1_024)
    expect(startTime).toBeLessThan(Date.UTC(2026, 0, 1, 0, 10))
    expect(endTime).toBeGreaterThan(Date.UTC(2026, 0, 1, 0, 10))
    if (logGroupName !== 'logs-small') return logEvents([])
    const found = letters.filter(({ id }) => filterPattern.includes(`$.id = "${id}"`))
    return logEvents(
      found.map(({ id }) => taskLine(id, 'small', { outcome: 'failed', reason: `broke on ${id}` })),
    )
  }
  const filter = ['--type', 'digest', '--older-than', '1h']
  const dry = await runOps('redrive', ['sandbox', ...filter, '--list'], { env: aws.env })
  expect(dry).toMatchObject({ status: 0, stderr: '' })
  for (const { id } of letters) expect(dry.stdout).toMatch(new RegExp(`^${id} .* broke on ${id}$`, 'm'))
  expect(dry.stdout).toContain(
    '30 of 31 dead letters; nothing was moved. To move them: npm run redrive -- sandbox --type digest --older-than 1h --yes',
  )
  expect(asked).toEqual([{ action: 'list', type: 'digest', olderThanSeconds: 3_600, limit: 50 }])

  const moved = await runOps('redrive', ['sandbox', ...filter, '--first', '30', '--yes'], { env: aws.env })
  expect(moved).toMatchObject({ status: 0, stdout: '30 dead letters moved back to tasks, 1 left\n' })
  expect(asked[1]).toMatchObject({ action: 'redrive', dryRun: false, limit: 30, olderThanSeconds: 3_600 })
})

/** As many letters as the operator function is asked for by their ids, and what it was asked. */
function answerLetters(account: ReturnType<typeof deployedSandbox>, letters: readonly Letter[], unseen = 0) {
  const asked: OperatorRequest[] = []
  account.answers['/2015-03-31/functions/operator-function/invocations'] = (body) => {
    const request = JSON.parse(body)
    asked.push(request)
    const matched = letters.length
    if (request.action === 'letters')
      return {
        body: {
          letters: letters.slice(request.skip).map(briefRow),
          matched,
          scanned: matched,
          deadLetters: matched + unseen,
        },
      }
    return { body: step({ moved: request.ids?.length ?? matched, left: 0 }) }
  }
  return asked
}

const failed = (id: string, reason: string, time = '2026-01-01T00:09:59.000Z') =>
  JSON.stringify({ ...taskLine(id, 'small', { outcome: 'failed', reason, deliveryCount: 10 }), time })

/** Whether a large search was paid for. */
const incoming = (bytes: number) => () => ({
  body: { MetricDataResults: [{ Id: 'group_0', Values: [bytes] }] },
})

test('shows dead letters as groups by type and last error, from one query of the logs', async () => {
  const account = deployedSandbox()
  await using aws = await startAwsStandIn(account)
  const all = [
    letter('a1', { diedAt: '2026-01-01T00:10:00.000Z' }),
    letter('a2', { diedAt: '2026-01-01T00:20:00.000Z' }),
    letter('b1'),
    letter('', { unreadable: 'property type is missing' }),
    letter('silent', { type: 'resize' }),
  ]
  const asked = answerLetters(account, all)
  account.answers['GetMetricData'] = incoming(5_000)
  const events = [
    { group: 'logs-small', message: failed('a1', 'HttpError: 503 from cdn-1 for order 4711') },
    { group: 'logs-large', message: failed('a2', 'an older one', '2026-01-01T00:10:00.000Z') },
    {
      group: 'logs-large',
      message: failed('a2', 'HttpError: 503 from cdn-2 for order 17', '2026-01-01T00:19:59.000Z'),
    },
    { group: 'logs-small', message: failed('b1', 'Error: no customer 9') },
  ]
  const { started } = answerInsights(account, events)
  const { status, stdout, stderr } = await runOps('redrive', ['sandbox', '--json'], { env: aws.env })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const { groups, matched, deadLetters, read } = JSON.parse(stdout)
  expect({ matched, deadLetters }).toEqual({ matched: 5, deadLetters: 5 })
  const first = '2026-01-01T00:10:00.000Z'
  expect(groups).toEqual([
    {
      type: 'digest',
      error: 'HttpError: 503 from cdn-# for order #',
      count: 2,
      first,
      last: '2026-01-01T00:20:00.000Z',
    },
    { type: 'digest', error: 'Error: no customer #', count: 1, first, last: first },
    { type: 'digest', error: 'unreadable: property type is missing', count: 1, first, last: first },
    { type: 'resize', error: 'not in the task log (delivery_limit)', count: 1, first, last: first },
  ])
  expect(started).toHaveLength(1)
  expect(read.bytes).toBe(events.reduce((sum, { message }) => sum + message.length, 0))
  // all letters in short, and nothing is moved
  expect(asked).toEqual([{ action: 'letters', skip: 0 }])
})

test('moves a group by its error: its letters by their ids', async () => {
  const account = deployedSandbox()
  await using aws = await startAwsStandIn(account)
  const asked = answerLetters(account, [letter('a1'), letter('a2'), letter('b1')])
  account.answers['GetMetricData'] = incoming(5_000)
  answerInsights(account, [
    { group: 'logs-small', message: failed('a1', 'HttpError: 503 from cdn 1') },
    { group: 'logs-small', message: failed('a2', 'HttpError: 503 from cdn 2') },
    { group: 'logs-small', message: failed('b1', 'Error: no customer 9') },
  ])
  const args = ['sandbox', '--error', 'from cdn #', '--yes']
  const { status, stdout } = await runOps('redrive', args, { env: aws.env })
  expect({ status, stdout }).toEqual({ status: 0, stdout: '2 dead letters moved back to tasks, 0 left\n' })
  expect(asked[1]).toMatchObject({ action: 'redrive', ids: ['a1', 'a2'], dryRun: false })
  const none = await runOps('redrive', ['sandbox', '--error', 'nothing like it', '--yes'], { env: aws.env })
  expect(none).toMatchObject({ status: 0, stdout: 'no dead letter matches: nothing was moved\n' })
  expect(asked.filter(({ action }) => action === 'redrive')).toHaveLength(1)
})

test('searches more than 1 GB of logs only when asked to, and says what it costs', async () => {
  const account = deployedSandbox()
  await using aws = await startAwsStandIn(account)
  answerLetters(account, [letter('a1')])
  account.answers['GetMetricData'] = incoming(200 * 2 ** 30)
  const { started } = answerInsights(account, [{ group: 'logs-small', message: failed('a1', 'boom') }])
  const said = 'this searches about 200 GB of logs, for about 1.00 USD'
  const without = await runOps('redrive', ['sandbox'], { env: aws.env })
  expect(without.stdout).toContain(`${said}: add --scan to see why they died`)
  expect(started).toHaveLength(0)
  const moved = await runOps('redrive', ['sandbox', '--error', 'boom', '--list'], { env: aws.env })
  expect(moved).toMatchObject({ status: 1, stderr: `warren: ${said}: add --scan to have it searched\n` })
  const scanned = await runOps('redrive', ['sandbox', '--scan'], { env: aws.env })
  expect(scanned.stderr).toContain(said)
  expect(scanned.stdout).toMatch(/1 +digest .* boom$/m)
  expect(started).toHaveLength(1)
})

test('says that there was no time to look at all', async () => {
  const account = deployedSandbox()
  await using aws = await startAwsStandIn(account)
  answerLetters(account, [letter('a1')], 7_000)
  account.answers['GetMetricData'] = incoming(0)
  answerInsights(account, [])
  const { stdout } = await runOps('redrive', ['sandbox'], { env: aws.env })
  expect(stdout).toContain('1 of 7,001 dead letters; nothing was moved\nthere was time to look at 1 of them')
})

test('says that an operator function is older than the command', async () => {
  const account = deployedSandbox()
  await using aws = await startAwsStandIn(account)
  account.answers['/2015-03-31/functions/operator-function/invocations'] = (body) => {
    const parsed = olderRequest.safeParse(JSON.parse(body))
    if (parsed.success) return { body: { letters: [], deadLetters: 0 } }
    return { headers: { 'x-amz-function-error': 'Unhandled' }, body: { errorMessage: parsed.error.message } }
  }
  const { status, stderr } = await runOps('redrive', ['sandbox'], { env: aws.env })
  expect(status).toBe(1)
  expect(stderr).toBe(
    'warren: the operator function of sandbox is older than this command and cannot do that: npm run deploy -- sandbox, or ask as its version did (npm run redrive -- sandbox --list)\n',
  )
  expect((await runOps('redrive', ['sandbox', '--ids', 'a', '--list'], { env: aws.env })).stderr).toContain(
    'is older',
  )
  expect((await runOps('redrive', ['sandbox', '--list'], { env: aws.env })).stdout).toBe(
    'there are no dead letters\n',
  )
})

test.each([
  ['HttpError: 503 from host-7', 'HttpError: 503 from host-#'],
  ['Error: customer 503 is unknown', 'Error: customer # is unknown'],
  ['row 0198f0c2-7a51-7b5e-9c3d-2f6f0d1f9a11 of 2,000.5\n  at x.ts:17', 'row # of # at x.ts:#'],
  ['status=404 for sha 9f86d081884c7d659a2f', 'status=404 for sha #'],
  ['task own-id is locked', 'task # is locked'],
  ['\u001b[31mutf8-decoder failed', 'utf#-decoder failed'],
])('%j is the same error as %j', (error, same) => {
  expect(sameError({ id: 'own-id', error })).toBe(same)
})

test('asks the logs for the times of deaths alone, at most five of them', () => {
  const at = (minute: number) => ({ diedAt: new Date(Date.UTC(2026, 0, 1) + minute * 60_000).toISOString() })
  const minutes = (times: ReturnType<typeof timesOfDeaths>) =>
    times.map(({ from, to }) => [from, to].map((ms) => (ms - Date.UTC(2026, 0, 1)) / 60_000))
  expect(minutes(timesOfDeaths([at(100), at(10), at(11), { diedAt: null }]))).toEqual([
    [0, 13],
    [90, 102],
  ])
  const scattered = [0, 100, 200, 230, 400, 500, 600].map(at)
  expect(minutes(timesOfDeaths(scattered)).length).toBe(5)
  for (const { diedAt } of scattered) {
    const died = Date.parse(diedAt)
    expect(timesOfDeaths(scattered).some(({ from, to }) => from < died && died < to)).toBe(true)
  }
})

test('hands on in one sentence what the operator function failed with', async () => {
  const account = deployedSandbox()
  await using aws = await startAwsStandIn(account)
  account.answers['/2015-03-31/functions/operator-function/invocations'] = () => ({
    headers: { 'x-amz-function-error': 'Unhandled' },
    body: { errorMessage: 'connect ETIMEDOUT' },
  })
  const { status, stderr } = await runOps('redrive', ['sandbox'], { env: aws.env })
  expect(status).toBe(1)
  expect(stderr).toBe('warren: the operator function operator-function failed: connect ETIMEDOUT\n')
})

test('a time that cannot be read is a mistake of the caller', async () => {
  const { status, stderr } = await runOps('redrive', ['local', '--older-than', 'yesterday'])
  expect(status).toBe(2)
  expect(stderr).toContain("argument 'yesterday' is invalid. It must be a time such as 90s, 10m, 2h or 3d.")
})
