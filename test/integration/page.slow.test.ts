import { randomBytes } from 'node:crypto'
import type { Browser, Page as Tab } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest'
import { type Crew, startCrew } from '../../local/crew.ts'
import { type Page, startPage } from '../../local/page/dev-page.ts'
import type { ScheduleTimes } from '../../local/page/frame.ts'
import { Tally } from '../../local/page/tally.ts'
import { askQueueDepth, startProducer } from '../../local/producer-process.ts'
import { createWorkQueue } from '../../local/work-queue.ts'
import { manage, path } from '../../services/amqp/management.ts'
import type { TaskLogLine } from '../../services/contract/log.ts'
import { deadLetterQueue } from '../../services/contract/topology.ts'
import { readQueue } from '../../services/probe/figures.ts'
import { startChromium } from '../support/chromium.ts'
import { openPageDesk } from '../support/page-desk.ts'
import { until } from '../support/until.ts'

const broker = inject('broker')
const queueName = `t-${randomBytes(4).toString('hex')}`
const stack = new AsyncDisposableStack()
/** Every try, as the workers say it. */
const ledger: TaskLogLine[] = []
/** Workers of mode `auto` that have begun to consume. */
let automatic = 0
/** The same of mode `fair`. */
let fair = 0
/** What the page is told of schedules. */
const nextTimes: ScheduleTimes[] = []
const problems: string[] = []
let endpoint: string
let crew: Crew
let page: Page
let tab: Tab

beforeAll(async () => {
  const queue = await createWorkQueue(broker, queueName)
  const access = { url: broker.managementUrl, ...broker.admin }
  stack.defer(async () => {
    await queue.remove()
    for (const name of [queue.name, deadLetterQueue(queue.name)])
      await manage(access, 'DELETE', path('queues', broker.vhost, name))
  })
  const producer = startProducer(`${inject('bundles')}/producer`, queue, 0)
  stack.defer(() => producer.stop())
  endpoint = await producer.endpoint
  const tally = new Tally()
  const at = openPageDesk(broker, queue, endpoint)
  stack.defer(() => at.close())
  crew = startCrew(`${inject('bundles')}/worker`, queue, {
    task(line, by) {
      ledger.push(line)
      at.task(line)
      tally.task(line, by)
    },
    record(record, by) {
      at.record(record, by)
      if (record.msg === 'consuming' && by.mode === 'auto') automatic += 1
      if (record.msg === 'consuming' && by.mode === 'fair') fair += 1
      tally.record(record, by)
    },
    ended: (by) => tally.ended(by),
  })
  stack.defer(() => crew.stop())
  const readFigures = () => readQueue(access, broker.vhost, queue.name)
  page = await startPage({
    endpoint,
    queues: new Map([[queue.name, { crew, tally, readFigures }]]),
    schedules: () => nextTimes,
    desk: async () => at.desk,
  })
  stack.defer(() => page.close())
  const browser = await startChromium()
  if (browser) tab = await open(browser)
}, 300_000)
beforeEach(({ skip }) => {
  if (!tab) skip('there is no Chromium here: install it, or set CHROME_PATH')
})
afterAll(() => stack.disposeAsync(), 60_000)

async function open(browser: Browser): Promise<Tab> {
  stack.defer(() => browser.close())
  const opened = await browser.newPage({ viewport: { width: 1_100, height: 900 } })
  opened.on('console', (message) => problems.push(message.text()))
  opened.on('pageerror', (error) => problems.push(error.message))
  await opened.goto(page.url)
  return opened
}

async function figure(name: string): Promise<number> {
  const term = tab.getByText(new RegExp(`^${name}\\*?$`))
  const text = await tab.locator('dl > div').filter({ has: term }).locator('dd').innerText()
  return Number(text.replace(',', ''))
}
const depth = () => askQueueDepth(endpoint, AbortSignal.timeout(5_000))
const consumers = async () => (await depth()).consumers
const lanes = () =>
  tab.getByRole('list', { name: 'Slots that consume' }).getByRole('listitem').allInnerTexts()
const status = () => tab.getByRole('status').first().innerText()

/** The rows of a part's tables: the first three cells. */
async function rowsOf(part: string): Promise<string[]> {
  const rows = await tab.getByRole('region', { name: part }).locator('tbody tr').all()
  return Promise.all(
    rows.map(async (row) => (await row.locator('td, th').allInnerTexts()).slice(0, 3).join(' ')),
  )
}

const split = () => rowsOf('Who did how much')

const of = (name: string) => ledger.filter((line) => line.class === name && line.outcome === 'done').length

async function send(count: number, ms: number): Promise<void> {
  await tab.getByLabel('how many').fill(`${count}`)
  await tab.getByLabel('ms', { exact: true }).fill(`${ms}`)
  await tab.getByRole('button', { name: 'Send' }).click()
  await until(async () => (await status()) === `${count} tasks accepted`, {
    within: 60,
    what: 'the tasks are sent',
  })
}

async function allDone(count: number): Promise<void> {
  const what = `the ledger and the page have ${count} tasks done`
  await until(async () => ledger.length === count && (await figure('done')) === count, { within: 60, what })
}

it('shows a lane for each slot that consumes', async () => {
  await until(async () => (await lanes()).length === 2, { within: 60, what: 'two lanes' })
  expect(await lanes()).toEqual(['slow 1', 'fast 1'])
})

it('has a name for each control, in the order of reading, and each can be reached with the keyboard', async () => {
  const focused =
    "document.activeElement.matches('input, button, select, textarea') && (document.activeElement.getAttribute('aria-label') ?? document.activeElement.labels?.[0]?.innerText ?? document.activeElement.innerText).trim()"
  const names: unknown[] = []
  await tab.getByRole('button', { name: 'Send' }).waitFor()
  for (;;) {
    await tab.keyboard.press('Tab')
    const name = await tab.evaluate(focused)
    if (name === false || names.includes(name)) break
    names.push(name)
  }
  expect(names).toEqual([
    ...['Pause', 'Keys ?', 'manual ack, prefetch 1'],
    ...['remove a slow worker', 'add a slow worker', 'remove a fast worker', 'add a fast worker'],
    ...['Count from nothing', 'how many', 'type', 'ms', 'priority', 'tenant', 'later by, in s', 'Send'],
    ...['id, or its beginning', 'task type', 'outcome', 'in the last', 'Search'],
  ])
  expect(await tab.getByRole('img').getAttribute('aria-label')).toMatch(/a lane for each slot/)
  expect(
    await tab.evaluate("document.documentElement.lang + ' ' + document.querySelectorAll('h1').length"),
  ).toBe('en 1')
})

it('sends tasks that wait while nobody works, and shows as many as the broker has', async () => {
  for (const name of ['slow', 'fast']) await tab.getByRole('button', { name: `remove a ${name}` }).click()
  await until(async () => (await lanes()).length === 0, { within: 60, what: 'no lanes' })
  await send(40, 150)
  await until(async () => (await figure('ready')) > 0, { within: 60, what: 'the page has ready tasks' })
  expect([(await depth()).ready, await figure('ready')]).toEqual([40, 40])
})

it('shows who does how much, as the workers say', async () => {
  for (const name of ['slow', 'fast']) await tab.getByRole('button', { name: `add a ${name}` }).click()
  await allDone(40)
  expect(await split()).toEqual([`prefetch 1 slow ${of('slow')}`, `prefetch 1 fast ${of('fast')}`])
  expect(of('fast')).toBeGreaterThan(of('slow'))
  await until(async () => (await figure('ready')) === 0, { within: 60, what: 'nothing is ready' })
})

it('splits in halves once the workers acknowledge automatically, and keeps the split of before', async () => {
  const before = await split()
  await tab.getByLabel('automatic ack').check()
  await until(async () => automatic === 2 && (await lanes()).length === 2 && (await consumers()) === 2, {
    within: 60,
    what: 'two workers of the other mode, and no other',
  })
  await send(40, 20)
  await allDone(80)
  expect(await split()).toEqual(['automatic slow 20', 'automatic fast 20', ...before])
})

it('has a lane more when a worker is added, and one less when one is removed', async () => {
  await tab.getByRole('button', { name: 'add a fast worker' }).click()
  await until(async () => (await lanes()).join() === 'slow 1,fast 1,fast 2', {
    within: 60,
    what: 'a third lane',
  })
  expect(await consumers()).toBe(3)
  await tab.getByRole('button', { name: 'remove a fast worker' }).click()
  await until(async () => (await lanes()).join() === 'slow 1,fast 1', { within: 60, what: 'two lanes' })
})

it('says who waited how long, once tasks have priorities or tenants', async () => {
  await tab.getByRole('button', { name: 'Count from nothing' }).click()
  const waits = tab.getByRole('region', { name: 'Who waited how long' })
  await until(async () => (await figure('done')) === 0, { within: 60, what: 'nothing is counted' })
  expect(await waits.count()).toBe(0)
  const before = ledger.length
  await tab.getByLabel('priority').fill('7')
  await send(3, 1)
  await tab.getByLabel('priority').fill('')
  await tab.getByLabel('tenant').fill('acme')
  await send(2, 1)
  await until(async () => (await figure('done')) === 5, { within: 60, what: 'the page has five tasks done' })
  const lines = ledger.slice(before)
  expect(lines.map(({ priority, tenant }) => `${priority} ${tenant}`).toSorted()).toEqual([
    ...Array(2).fill('4 acme'),
    ...Array(3).fill('7 undefined'),
  ])
  const cells = (await rowsOf('Who waited how long')).map((row) => row.split(' ').slice(0, 2).join(' '))
  expect(cells).toEqual(['7 3', '4 2', 'acme 2'])
  await tab.getByLabel('tenant').fill('')
})

it('counts what it has sent for later', async () => {
  await tab.getByLabel('later by').fill('600')
  await send(3, 1)
  await tab.getByLabel('later by').fill('')
  await until(async () => (await figure('not yet due')) === 3, { within: 60, what: 'three are not yet due' })
  expect((await depth()).ready).toBe(0)
})

it('has the story of a dead letter, from its group to the try that failed, and redrives it', async () => {
  const begun = fair
  await tab.getByLabel('prefetch 1').check()
  await until(async () => fair === begun + 2 && (await consumers()) === 2, {
    within: 60,
    what: 'workers that can refuse',
  })
  const before = ledger.length
  const access = { url: broker.managementUrl, ...broker.admin }
  // no worker can read it
  await manage(access, 'POST', path('exchanges', broker.vhost, queueName, 'publish'), {
    ...{ routing_key: queueName, payload: '{', payload_encoding: 'string' },
    properties: { message_id: 'broken-1', type: 'sleep', delivery_mode: 2, headers: { 'warren-version': 1 } },
  })
  await until(() => ledger.length === before + 1, { within: 60, what: 'a worker gave it up' })
  await until(async () => (await figure('dead letters')) === 1, {
    within: 60,
    what: 'the page has a dead letter',
  })
  await tab.getByRole('button', { name: 'Show them by error' }).click()
  const groups = tab.getByRole('table', { name: 'Dead letters by type and last error' })
  await groups.waitFor()
  const [group] = (await groups.getByRole('row').allInnerTexts()).slice(1)
  expect(group).toMatch(/^sleep\t.*JSON.*\t1\t/)
  await groups.getByRole('button').first().click()
  await tab.getByRole('button', { name: 'broken-1', exact: true }).click()
  const story = tab.getByRole('dialog', { name: 'broken-1' })
  await story.getByText('it became a dead letter').waitFor()
  expect(await story.getByRole('listitem').count()).toBe(1)
  await story.getByRole('button', { name: 'Redrive' }).click()
  await tab
    .getByRole('dialog', { name: 'Redrive broken-1?' })
    .getByRole('button', { name: 'Redrive' })
    .click()
  await until(() => ledger.length === before + 2, { within: 60, what: 'it was tried again' })
  expect(ledger.at(-1)).toMatchObject({ id: 'broken-1', outcome: 'unreadable' })
  await story.getByRole('button', { name: 'Close' }).click()
})

it('pauses the queue and lets it go on', async () => {
  await tab.getByRole('button', { name: 'Pause', exact: true }).click()
  await until(async () => (await consumers()) === 0, { within: 60, what: 'no slot takes tasks' })
  await tab.getByText('Paused: workers finish').waitFor()
  expect(await status()).toBe(`${queueName} is paused: what runs is finished`)
  await tab.getByRole('button', { name: 'Resume', exact: true }).click()
  await until(async () => (await consumers()) === 2, { within: 60, what: 'the slots take tasks again' })
})

it('opens the story of the task whose bar is clicked', async () => {
  const before = ledger.length
  await send(2, 3_000)
  await until(() => ledger.length === before + 2, { within: 60, what: 'the tasks are done' })
  const line = ledger.at(-1)
  const canvas = tab.locator('canvas')
  const { width = 0 } = (await canvas.boundingBox()) ?? {}
  // three seconds before its end, in the lane of the class that had it last: slow is the first
  await canvas.click({ position: { x: width * 0.9, y: line?.class === 'slow' ? 15 : 45 } })
  const story = tab.getByRole('dialog', { name: line?.id ?? '' })
  await story.getByText('Done.').waitFor()
  expect(await story.getByRole('listitem').first().innerText()).toMatch(/^done .* on (slow|fast)/)
  await story.getByRole('button', { name: 'Close' }).click()
})

it('finds tasks by type and outcome', async () => {
  await tab.getByLabel('task type').fill('sleep')
  await tab.getByLabel('outcome').selectOption('unreadable')
  await tab.getByRole('button', { name: 'Search' }).click()
  await tab.getByText('1 of 1 task, the newest first').waitFor()
  expect(await tab.getByRole('button', { name: 'broken-1', exact: true }).count()).toBeGreaterThan(0)
})

it('says when schedules send their next tasks, once there are some', async () => {
  const clock = tab.getByRole('region', { name: 'Sent by the clock' })
  expect(await clock.count()).toBe(0)
  nextTimes.push({ schedule: 'nightly', next: Date.UTC(2030, 5, 15, 12) })
  await clock.waitFor()
  expect(await rowsOf('Sent by the clock')).toEqual([expect.stringMatching(/^nightly .*2030/)])
})

it('says why the producer refuses a task, and shows text as text', async () => {
  const type = '<img src=x onerror=document.title=1>'
  await tab.evaluate(`document.querySelector('option').textContent = ${JSON.stringify(type)}`)
  const request = tab.waitForRequest('**/act')
  await tab.route('**/act', (route) =>
    route.continue({ postData: JSON.stringify({ action: 'send', type, count: 1, payload: {} }) }),
  )
  await tab.getByRole('button', { name: 'Send' }).click()
  await request
  await until(async () => (await status()).startsWith('0 of 1 tasks accepted'), {
    within: 60,
    what: 'a refusal',
  })
  expect(await status()).toContain(type)
  expect(await tab.locator('img').count()).toBe(0)
  await tab.unroute('**/act')
})

it('says that it is cut off when npm run dev has ended, and nothing went wrong in the browser until then', async () => {
  expect(problems).toEqual([])
  await page.close()
  await until(async () => (await status()).includes('does not answer'), { within: 60, what: 'it says so' })
})
