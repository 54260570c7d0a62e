import { afterEach, beforeEach, expect, test } from 'vitest'
import { startAwsStandIn } from './aws-stand-in.ts'
import { deployedSandbox, endpointAt, metricData, services } from './deployed.ts'
import { runOps } from './run-command.ts'

const invocation = '/2015-03-31/functions/operator-function/invocations'
let account: ReturnType<typeof deployedSandbox>
let aws: Awaited<ReturnType<typeof startAwsStandIn>>
let asked: object[]
beforeEach(async () => {
  account = deployedSandbox()
  aws = await startAwsStandIn(account)
  endpointAt(account, aws.url)
  asked = []
})
afterEach(() => aws[Symbol.asyncDispose]())

/** An operator function that answers so. */
function answer(body: object): void {
  account.answers[invocation] = (request) => {
    asked.push(JSON.parse(request))
    return { body }
  }
}
const run = (command: 'pause' | 'resume' | 'cancel' | 'status', ...args: string[]) =>
  runOps(command, ['sandbox', ...args], { env: aws.env })

test('pause asks the operator function, and says how the pause ends', async () => {
  answer({ paused: true, before: false, consumers: 0 })
  const { status, stdout } = await run('pause')
  expect(stdout).toBe(
    'tasks is paused: what runs is finished, and nothing new is taken until npm run resume -- sandbox\n',
  )
  expect({ status, asked }).toEqual({ status: 0, asked: [{ action: 'pause' }] })
})

test('pause fails where slots still take tasks', async () => {
  answer({ paused: true, before: true, consumers: 3 })
  const { status, stdout, stderr } = await run('pause')
  expect(stdout).toContain('tasks is paused already')
  expect(stderr).toMatch(/^warren: 3 slots still take tasks: .*run the command again/)
  expect(status).toBe(1)
})

test('resume says whether there was anything to end, and that somebody else paused it again', async () => {
  answer({ paused: false, before: true, consumers: 0 })
  expect(await run('resume')).toMatchObject({
    status: 0,
    stdout: 'tasks is not paused: its slots take tasks\n',
  })
  answer({ paused: false, before: false, consumers: 2 })
  expect((await run('resume')).stdout).toContain('not paused already')
  answer({ paused: true, before: true, consumers: 0 })
  expect(await run('resume')).toMatchObject({ status: 1, stderr: expect.stringContaining('somebody else') })
  expect(asked).toEqual(Array(3).fill({ action: 'resume' }))
})

test('cancel names the list’s bound and what it cannot know', async () => {
  answer({ ids: ['a', 'b'], undo: false, listed: 1_000, gone: 2 })
  const { status, stdout } = await run('cancel', 'a', 'b')
  expect(status).toBe(0)
  expect(stdout).toContain('2 ids cancelled for 8 days; the list of tasks has 1000 of at most 1000 ids')
  expect(stdout).toContain('2 had to leave the list of tasks')
  expect(stdout).toContain('whether there is such a task, nobody knows')
  expect(asked).toEqual([{ action: 'cancel', ids: ['a', 'b'], undo: false }])
})

test('cancel --undo asks for just that, and --json prints what came of it', async () => {
  answer({ ids: ['a'], undo: true, listed: 0, gone: 0 })
  const { stdout } = await run('cancel', 'a', '--undo', '--json')
  expect(JSON.parse(stdout)).toEqual({ environment: 'sandbox', ids: ['a'], undo: true, listed: 0, gone: 0 })
  expect(asked).toEqual([{ action: 'cancel', ids: ['a'], undo: true }])
})

test('an id that none can be is a mistake of the caller, and nobody is asked', async () => {
  answer({})
  const { status, stderr } = await run('cancel', 'a', 'no such id')
  expect(status).toBe(2)
  expect(stderr).toContain('"no such id" is no task id')
  expect(asked).toEqual([])
})

test('status shows a pause, and takes no slot in service for no fault meanwhile', async () => {
  const paused = (seconds: number) =>
    metricData((name) => {
      if (name === 'PausedSeconds') return seconds > 0 ? [seconds] : []
      return [name === 'Ready' ? 12 : 0]
    })
  account.answers['DescribeServices'] = services()
  account.answers['/queue'] = () => ({ body: { ready: 12, consumers: 0 } })
  account.answers['GetMetricData'] = paused(600)
  const during = await run('status')
  expect(during.stdout).toMatch(/paused +for 10 min: no slot takes tasks until npm run resume -- sandbox/)
  expect(during.stdout).toMatch(/^healthy, and paused/m)
  expect(during.status).toBe(0)
  account.answers['GetMetricData'] = paused(0)
  const after = await run('status')
  expect(after.stdout).not.toContain('paused')
  expect(after.stdout).toContain('- no worker takes tasks, and 12 wait')
})
