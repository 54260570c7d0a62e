import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Browser, Page as Tab } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { startChromium } from '../support/chromium.ts'
import { openTab } from '../support/open-tab.ts'
import { until } from '../support/until.ts'
import { startAwsStandIn } from './aws-stand-in.ts'
import { deployedSandbox, endpointAt, metricData, services, taskLine } from './deployed.ts'
import { answerInsights } from './insights-stand-in.ts'
import { testEnvironments } from './run-command.ts'

const invocation = '/2015-03-31/functions/operator-function/invocations'
const died = new Date(Date.now() - 60_000).toISOString()
/** As the operator function gives it in short. */
const letter = ['order-7', 'digest', 'rejected', Math.floor(Date.parse(died) / 1_000), 0, null]
let account: ReturnType<typeof deployedSandbox>
let aws: Awaited<ReturnType<typeof startAwsStandIn>>
let served: ChildProcess
let output: string
let browser: Browser | undefined
let tab: Tab
/** Requests for figures. */
let looks: number
const problems: string[] = []

beforeAll(async () => {
  browser = await startChromium()
}, 300_000)
afterAll(() => browser?.close())

beforeEach(async ({ skip }) => {
  if (browser === undefined) return skip('there is no Chromium here: install it, or set CHROME_PATH')
  account = deployedSandbox()
  aws = await startAwsStandIn(account)
  endpointAt(account, aws.url)
  looks = 0
  const figures = metricData((name, workerClass) => {
    if (name === 'PausedSeconds') return []
    if (name === 'DeadLetters') return [1]
    return workerClass === undefined ? [7, 5] : [20, 10]
  })
  account.answers['GetMetricData'] = (body) => {
    if (body.includes('AWS/Logs')) return { body: { MetricDataResults: [] } }
    looks += 1
    return figures(body)
  }
  account.answers['DescribeServices'] = services()
  account.answers[invocation] = () => ({
    body: { letters: [letter], matched: 1, scanned: 1, deadLetters: 1 },
  })
  const line = taskLine('order-7', 'small', {
    outcome: 'permanent-failure',
    reason: 'no such image',
    time: died,
  })
  answerInsights(account, [{ group: 'logs-small', message: JSON.stringify({ ...line, startedAt: died }) }])
  const url = await serve()
  tab = await openTab(browser, url, problems)
  await tab.getByRole('heading', { name: 'Slots by worker class' }).waitFor()
})
afterEach(async () => {
  await tab?.close()
  if (served?.exitCode === null) served.kill('SIGKILL')
  await aws?.[Symbol.asyncDispose]()
})

/** Starts the command. @returns the address that it prints */
async function serve(): Promise<string> {
  output = ''
  const { PATH, HOME } = process.env
  const none = { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' }
  served = spawn(process.execPath, [...testEnvironments, 'ops/console.ts', 'sandbox'], {
    env: { PATH, HOME, ...none, ...aws.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  served.stdout?.setEncoding('utf8').on('data', (part: string) => {
    output += part
  })
  await until(() => output.includes('Ctrl-C ends it'), { within: 30, what: 'the console is up' })
  return /http:\S+/.exec(output)?.[0] ?? ''
}

const status = () => tab.getByRole('status').first().innerText()
const says = (text: string) =>
  until(async () => (await status()).includes(text), { within: 20, what: `it says ${text}` })
const button = (name: string) => tab.getByRole('button', { name, exact: true })
/** Figures by their names. */
async function figures(): Promise<Record<string, string>> {
  const script = `[...document.querySelectorAll('dl > div')].map((row) => [...row.children].map((part) => part.innerText))`
  const pairs = (await tab.evaluate(script)) as [string, string][]
  return Object.fromEntries(pairs)
}

test('shows in a browser what CloudWatch and ECS know, and says what looking costs', async () => {
  expect(output).toMatch(/Console of sandbox +http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/\n/)
  expect(output).toMatch(/about \$0\.0\d an hour/)
  expect(await figures()).toMatchObject({
    ready: '7',
    'in flight': '7',
    backlog: '14',
    slots: '7',
    'dead letters': '1',
  })
  const rows = tab.getByRole('table', { name: /^Slots, tasks done/ }).getByRole('row')
  expect((await rows.allInnerTexts()).slice(1).map((row) => row.split('\t').slice(0, 4).join(' '))).toEqual([
    'small 1 of 1 1 30',
    'large 1 of 1 1 30',
  ])
  expect(await tab.getByRole('img', { name: /^backlog by the minute/ }).count()).toBe(1)
  expect(problems).toEqual([])
})

test('redrives what it has shown, by the operator function, after a yes', async () => {
  const asked: object[] = []
  await button('Show them by error').click()
  await button('no such image').waitFor()
  account.answers[invocation] = (body) => {
    asked.push(JSON.parse(body))
    return { body: { dryRun: false, scanned: 1, matched: 1, moved: 1, left: 0 } }
  }
  await button('Redrive 1 dead letter: digest no such image').click()
  await tab.getByRole('dialog').getByRole('button', { name: 'Redrive' }).click()
  await says('1 dead letter moved back to tasks, 0 left')
  expect(asked[0]).toMatchObject({ action: 'redrive', ids: ['order-7'], dryRun: false })
})

test('finds a task by its outcome, and tells its story', async () => {
  await tab.getByLabel('outcome').selectOption('permanent-failure')
  await button('Search').click()
  await button('order-7').click()
  await tab.getByText('Given up: it became a dead letter').waitFor()
  expect(await tab.getByRole('dialog').getByRole('listitem').allInnerTexts()).toEqual([
    expect.stringMatching(/^permanent-failure .* on small.*no such image/s),
  ])
})

test('pauses by the operator function', async () => {
  const asked: object[] = []
  account.answers[invocation] = (body) => {
    asked.push(JSON.parse(body))
    return { body: { paused: true, before: false, consumers: 0 } }
  }
  await button('Pause').click()
  await says('tasks is paused')
  expect(asked).toEqual([{ action: 'pause' }])
})

test('names the action that these credentials lack', async () => {
  const message =
    'User: arn:aws:iam::111122223333:user/reader is not authorized to perform: lambda:InvokeFunction'
  account.refuse[invocation] = { code: 'AccessDeniedException', message, status: 403 }
  await button('Pause').click()
  await says('these credentials do not allow it (AccessDeniedException: lambda:InvokeFunction)')
})

test('keeps its figures when the credentials expire, says how to sign in, and goes on after that', async () => {
  account.refuse['GetMetricData'] = { code: 'ExpiredTokenException', message: 'The token has expired' }
  await lookAnew()
  await says('aws sso login')
  expect(await figures()).toMatchObject({ ready: '7' })
  account.refuse = {}
  await lookAnew()
  await until(async () => (await status()) === '', { within: 20, what: 'it has figures again' })
})

test('begins anew with the next viewer, so it had stopped when the last one left', async () => {
  const before = looks
  await lookAnew()
  // the next one of those that go on would come after twenty seconds
  await until(() => looks > before, { within: 10, what: 'it looks again' })
  expect(await figures()).toMatchObject({ ready: '7' })
})

test('says that it is cut off when the command has ended', async () => {
  const closed = once(served, 'close')
  served.kill('SIGINT')
  expect(await closed).toEqual([130, null])
  await says('npm run console -- sandbox does not answer')
})

/** Leaves the page, and comes back. */
async function lookAnew(): Promise<void> {
  const url = /http:\S+/.exec(output)?.[0] ?? ''
  await tab.goto('about:blank')
  await tab.goto(url)
}
