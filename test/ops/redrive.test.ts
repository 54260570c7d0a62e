import { expect, test } from 'vitest'
import { move } from '../../ops/redrive/move.ts'
import { letterTable } from '../../ops/redrive/table.ts'
import type { DeadLetters } from '../../ops/target/dead-letters.ts'
import type { Letter } from '../../services/operator/letter.ts'
import { operatorRequest, type RedriveResult } from '../../services/operator/request.ts'
import { startAwsStandIn } from './aws-stand-in.ts'
import { deployedSandbox, logEvents, taskLine } from './deployed.ts'
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
  const dry = await runOps('redrive', ['sandbox', ...filter], { env: aws.env })
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
