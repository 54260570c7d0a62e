import type { Browser, Page as Tab } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Desk } from '../../local/page/desk.ts'
import type { SeenStory, SeenTask } from '../../local/page/desk-words.ts'
import type { QueueLookFrame } from '../../local/page/look.ts'
import { type Site, servePage } from '../../local/page/server.ts'
import { Viewers } from '../../local/page/viewers.ts'
import { startChromium } from '../support/chromium.ts'
import { inaccessible, openTab } from '../support/open-tab.ts'
import { until } from '../support/until.ts'

const at = Date.UTC(2026, 0, 1, 12)
const look: QueueLookFrame = {
  ...{ at, asOf: at, queues: ['tasks', 'calls'], windowSeconds: 300 },
  queue: {
    ...{ name: 'tasks', ready: 5, inFlight: 2, delayed: 0, later: 0, deadLetters: 3, consumers: 2 },
    pausedSeconds: 0,
  },
  classes: [
    {
      ...{ name: 'small', running: 1, desired: 2, slots: 1, capacity: 0.25, done: 20, failed: 2 },
      ...{ waitMs: { p50: 900, p95: 4_000 }, deployment: 'IN_PROGRESS: deploying' },
    },
  ],
  minutes: [{ at, backlog: 7, done: 4, failed: 1, waitP95: 4_000 }],
  schedules: [{ schedule: 'nightly', last: at - 1_000, next: at + 1_000 }],
  findings: [{ what: 'alarm dead-letters', remedy: 'docs/runbook.md' }],
}
const task = (number: number): SeenTask => ({
  ...{ id: `order-${number}`, type: number % 2 ? 'resize' : 'digest', queue: 'tasks', class: 'small' },
  ...{ priority: 4, outcome: number % 10 ? 'done' : 'failed', endedAt: new Date(at).toISOString() },
  ...{ waitMs: number % 500, durationMs: 10, deliveryCount: 0 },
  ...(number % 10 ? {} : { reason: 'connect ECONNREFUSED' }),
})
const letter = (id: string, type: string, error: string) => ({
  ...{ id, type, error, diedAt: new Date(at).toISOString(), redriven: 0 },
})
const story: SeenStory = {
  ...{ id: 'order-0', state: 'dead', type: 'digest', acceptedAt: null, lines: [], children: [] },
  tries: [
    {
      ...{
        queue: 'tasks',
        class: 'small',
        worker: 'w-1',
        startedAt: new Date(at).toISOString(),
        endedAt: '',
        waitMs: 4,
      },
      ...{ durationMs: 8, deliveryCount: 0, outcome: 'failed', reason: 'connect ECONNREFUSED', last: true },
      lines: [{ time: new Date(at).toISOString(), level: 'warn', msg: 'slow answer', fields: { ms: 900 } }],
    },
  ],
  reading: { bytes: 0, usd: 0 },
}

let found: readonly SeenTask[]
let asked: unknown[]
const desk: Desk = {
  async setPaused(paused) {
    asked.push({ paused })
    return { ok: true, message: 'as you wish' }
  },
  async cancel(ids, undo) {
    asked.push({ ids, undo })
    return { ok: true, message: 'cancelled' }
  },
  deadLetters: async () => ({
    ...{ at, count: 3 },
    letters: [
      letter('a', 'digest', 'no image'),
      letter('b', 'digest', 'no image'),
      letter('c', 'resize', '503'),
    ],
  }),
  async redrive(which) {
    asked.push(which)
    return { ok: true, message: 'moved' }
  },
  cost: async () => ({ bytes: 5e9, usd: 0.2, large: found.length === 0 }),
  async search(search) {
    asked.push(search)
    return { tasks: found, more: 0, reading: { bytes: 0, usd: 0 } }
  },
  story: async (id) => ({ ...story, id }),
}
const viewers = new Viewers(() => undefined)
/** What a browser is sent as soon as it looks. */
let first: readonly (readonly [event: string, data: unknown])[]
let open: () => Promise<Desk>
let site: Site
let browser: Browser | undefined
let tab: Tab
const problems: string[] = []

beforeAll(async () => {
  const queue = {
    watch(viewer: Parameters<Viewers['add']>[0]) {
      viewers.add(viewer)
      for (const [event, data] of first) viewers.write(event, JSON.stringify(data))
    },
    act: async () => ({ ok: true, message: '' }),
    desk: () => open(),
  }
  site = await servePage(
    { title: 'production', command: 'npm run console -- production' },
    { keys: () => look.queues, get: () => queue, close: () => viewers.close() },
  )
  browser = await startChromium()
}, 300_000)
beforeEach(async ({ skip }) => {
  if (browser === undefined) return skip('there is no Chromium here: install it, or set CHROME_PATH')
  first = [['look', look]]
  found = [task(0), task(1)]
  asked = []
  open = async () => desk
  tab = await openTab(browser, site.url, problems)
})
afterEach(() => tab.close())
afterAll(async () => {
  expect(problems).toEqual([])
  await browser?.close()
  await site.close()
})

const again = (events: typeof first) => {
  first = events
  return tab.reload()
}
const button = (name: string) => tab.getByRole('button', { name, exact: true })
const status = () => tab.getByRole('status').first()
/** Elements of the whole document. */
const elements = async () => Number(await tab.evaluate('document.querySelectorAll("*").length'))
const focused = () => tab.evaluate('document.activeElement.id || document.activeElement.innerText')

test('100,000 tasks are a list of which the document has what is seen, with the keyboard from end to end', async () => {
  found = Array.from({ length: 100_000 }, (_, number) => task(number))
  await button('Search').click()
  await tab.getByText('100,000 of 100,000 tasks').waitFor()
  expect(await elements()).toBeLessThan(1_000)
  const list = tab.getByRole('table', { name: 'Tasks', exact: true })
  expect(await list.getAttribute('aria-rowcount')).toBe('100001')
  await list.getByRole('button').first().focus()
  await tab.keyboard.press('End')
  await until(async () => (await focused()) === 'order-99999', {
    within: 10,
    what: 'the last one is focused',
  })
  await tab.keyboard.press('PageUp')
  await tab.keyboard.press('ArrowDown')
  expect(await elements()).toBeLessThan(1_000)
  await tab.keyboard.press('Home')
  await until(async () => (await focused()) === 'order-0', { within: 10, what: 'the first one is focused' })
  await tab.evaluate("document.querySelector('.rows').scrollTop = 50_000 * 34")
  await button('order-50000').waitFor()
  expect(await elements()).toBeLessThan(1_000)
  await tab.getByPlaceholder('only those with').fill('ORDER-9999')
  await tab.getByText('11 of 100,000 tasks').waitFor()
  await tab.getByPlaceholder('only those with').fill('')
  await button('connect ECONNREFUSED').click()
  await tab.getByText('10,000 of 100,000 tasks').waitFor()
  expect(await elements()).toBeLessThan(1_000)
})

test('dead letters are groups, and none is moved before somebody has said yes', async () => {
  await button('Show them by error').click()
  const rows = tab.getByRole('table', { name: 'Dead letters by type and last error' }).getByRole('row')
  await button('no image').waitFor()
  expect((await rows.allInnerTexts()).slice(1).map((row) => row.split('\t').slice(0, 3).join(' '))).toEqual([
    'digest no image 2',
    'resize 503 1',
  ])
  await button('Redrive 2 dead letters: digest no image').click()
  await button('No').click()
  await button('Redrive all 3').click()
  await tab.getByRole('dialog', { name: 'Redrive 3 dead letters?' }).waitFor()
  await tab.keyboard.press('Escape')
  expect(asked).toEqual([])
  await button('Redrive 2 dead letters: digest no image').click()
  await tab.getByRole('dialog').getByRole('button', { name: 'Redrive' }).click()
  await tab.getByText('moved').waitFor()
  expect(asked).toEqual([{ ids: ['a', 'b'] }])
  await button('no image').click()
  await button('b').click()
  await tab.getByText('Given up: it became a dead letter').waitFor()
  await tab.getByText('slow answer').waitFor()
})

test('a story cancels its task only after a yes', async () => {
  open = async () => ({ ...desk, story: async (id) => ({ ...story, id, state: 'failed' }) })
  await button('Search').click()
  await button('order-1').click()
  await button('Cancel the task').click()
  await button('No').click()
  expect(asked.slice(1)).toEqual([])
  await button('Cancel the task').click()
  await tab
    .getByRole('dialog', { name: 'Cancel order-1?' })
    .getByRole('button', { name: 'Cancel the task' })
    .click()
  await until(() => asked.length === 2, { within: 10, what: 'it is cancelled' })
  expect(asked[1]).toEqual({ ids: ['order-1'], undo: false })
})

test('a search that costs something says so first, and finds nothing in words', async () => {
  found = []
  await button('Search').click()
  await tab.getByText('about 5.0 GB of logs, which costs about $0.20').waitFor()
  await button('No').click()
  expect(asked).toEqual([])
  await button('Search').click()
  await button('Read').click()
  await tab.getByText('No task of this kind').waitFor()
  expect(asked).toHaveLength(1)
})

test('what is refused is said where it was asked for, and can be asked again', async () => {
  open = async () => Promise.reject(new Error('asking the operator function: not allowed'))
  await button('Show them by error').click()
  await tab.getByText('asking the operator function: not allowed').waitFor()
  open = async () => desk
  await button('Show them by error').click()
  await button('no image').waitFor()
  expect(await tab.getByText('not allowed').count()).toBe(0)
})

test('before the first figures it says whom it asks; figures that stay away keep the last ones', async () => {
  await again([])
  await tab.getByText('Asking npm run console -- production').waitFor()
  await again([
    ['look', look],
    ['problem', 'there are no valid AWS credentials: aws sso login'],
  ])
  await until(async () => (await status().innerText()).includes('aws sso login'), {
    within: 10,
    what: 'a problem',
  })
  expect(await tab.locator('dl').innerText()).toContain('backlog')
  await again([
    ['look', { ...look, asOf: null, queue: { ...look.queue, deadLetters: 0, pausedSeconds: 60 } }],
  ])
  await tab.getByText('no figures for half an hour').waitFor()
  await tab.getByText('Paused: workers finish').waitFor()
  await tab.getByText('None: each task that was given up').waitFor()
  await button('Resume').click()
  await until(() => asked.length === 1, { within: 10, what: 'it is resumed' })
  expect(asked).toEqual([{ paused: false }])
})

test('keys go to places, are listed, and can be turned off', async () => {
  await button('Search').waitFor()
  await tab.keyboard.press('/')
  expect(await focused()).toBe('task-id')
  await tab.keyboard.press('d')
  expect(await tab.getByLabel('id, or its beginning').inputValue()).toBe('d')
  await tab.getByLabel('id, or its beginning').blur()
  await tab.keyboard.press('d')
  expect(await focused()).toBe('dead-letters')
  await tab.keyboard.press('?')
  await tab.getByLabel('single keys do this').uncheck()
  await tab.keyboard.press('Escape')
  await tab.keyboard.press('/')
  expect(await focused()).not.toBe('task-id')
  await tab.keyboard.press('?')
  expect(await tab.getByRole('dialog').count()).toBe(0)
  await tab.evaluate('localStorage.clear()')
  await tab.keyboard.press('2')
  await tab.waitForURL(/queue=calls/)
})

test.each([
  ['on a desk', { width: 1_100 }],
  ['on a desk in the dark', { width: 1_100, dark: true }],
  ['on a phone', { width: 390 }],
  ['on a phone in the dark', { width: 390, dark: true }],
])('nothing stands in the way of who cannot see or point, %s', async (_, screen) => {
  await tab.close()
  tab = await openTab(browser as Browser, site.url, problems, screen)
  await button('Show them by error').click()
  await button('no image').click()
  await button('Search').click()
  await tab.getByText('2 of 2 tasks').waitFor()
  expect(await inaccessible(tab)).toEqual([])
  expect(await tab.evaluate('document.documentElement.scrollWidth')).toBe(screen.width)
  await button('order-0').click()
  await tab.getByText('slow answer').waitFor()
  expect(await inaccessible(tab)).toEqual([])
})
