import { resolve } from 'node:path'
import type { Page as Tab } from 'playwright-core'
import { createClient } from '../../client/src/client.ts'
import type { NewTask } from '../../client/src/task.ts'
import { ensureBroker } from '../../local/broker/start.ts'
import { buildBundles, removeBundles } from '../../local/bundles.ts'
import { startCrew } from '../../local/crew.ts'
import { startPage } from '../../local/page/dev-page.ts'
import { Tally } from '../../local/page/tally.ts'
import { askQueueDepth, startProducer } from '../../local/producer-process.ts'
import { createWorkQueue } from '../../local/work-queue.ts'
import { command } from '../../ops/command-line/command.ts'
import { type Lifecycle, orAborted, runCommand } from '../../ops/command-line/lifecycle.ts'
import { readQueue } from '../../services/probe/figures.ts'
import { startChromium } from '../../test/support/chromium.ts'
import { openPageDesk } from '../../test/support/page-desk.ts'
import { until } from '../../test/support/until.ts'

const program = command(
  'npm run page -w lab',
  `Takes the pictures of the live page, with the data of a run on this machine (half a minute): docs/page-light.png,
docs/page-dark.png and docs/page-phone.png. Needs Chromium.`,
  'npm run page -w lab',
)

const desk = { width: 1_080, height: 900 }
const pictures = [
  { name: 'light', colorScheme: 'light', viewport: desk },
  { name: 'dark', colorScheme: 'dark', viewport: desk },
  { name: 'phone', colorScheme: 'light', viewport: { width: 390, height: 844 } },
] as const

await runCommand(program, async (lifecycle) => {
  const scene = await openPage(lifecycle)
  const { tab } = scene
  await play(scene)
  for (const { name, colorScheme, viewport } of pictures) {
    await tab.emulateMedia({ colorScheme })
    await tab.setViewportSize(viewport)
    const path = `docs/page-${name}.png`
    await tab.screenshot({ path: resolve(import.meta.dirname, '../..', path), fullPage: true })
    console.log(path)
  }
  return 0
})

interface Scene {
  readonly tab: Tab
  /** Of the producer. */
  readonly endpoint: string
  /** Workers that have begun to consume so far. */
  readonly begun: () => number
  readonly signal: AbortSignal
}

/** A work queue, its services, their page and a browser that has it open. */
async function openPage({ signal, stack }: Lifecycle): Promise<Scene> {
  const browser = await orAborted(startChromium(), signal)
  if (!browser) throw new Error('there is no Chromium here: install it, or set CHROME_PATH')
  stack.defer(() => browser.close())
  const broker = await orAborted(ensureBroker({ env: process.env, progress: console.error }), signal)
  stack.defer(() => broker.stop())
  const queue = await createWorkQueue(broker, 'tasks')
  stack.defer(() => queue.remove())
  stack.defer(removeBundles)
  const bundles = await orAborted(buildBundles(), signal)
  const producer = startProducer(bundles.lambda('producer'), queue, 0)
  stack.defer(() => producer.stop())
  const endpoint = await orAborted(producer.endpoint, signal)
  const at = openPageDesk(broker, queue, endpoint)
  stack.defer(() => at.close())
  const tally = new Tally()
  let begun = 0
  const crew = startCrew(bundles.worker, queue, {
    task(line, by) {
      at.task(line)
      tally.task(line, by)
    },
    record(record, by) {
      at.record(record, by)
      if (record.msg === 'consuming') begun += 1
      tally.record(record, by)
    },
    ended: (by) => tally.ended(by),
  })
  stack.defer(() => crew.stop())
  const access = { url: broker.managementUrl, ...broker.admin }
  const readFigures = () => readQueue(access, broker.vhost, queue.name)
  const page = await startPage({
    endpoint,
    queues: new Map([[queue.name, { crew, tally, readFigures }]]),
    schedules: () => [],
    desk: async () => at.desk,
  })
  stack.defer(() => page.close())
  const tab = await browser.newPage({ viewport: desk })
  await tab.goto(page.url)
  return { tab, endpoint, begun: () => begun, signal }
}

/** Tasks under both settings: under the second of a tenant that sends much, and then of two that send little. */
async function play(scene: Scene): Promise<void> {
  const { tab, endpoint, signal } = scene
  const client = createClient({ endpoint })
  await workersBegun(scene, 2)
  await tab.getByLabel('automatic ack').check()
  await workersBegun(scene, 4)
  await client.sendBatch(tasksOf('first', 18), { signal })
  await tasksDone(scene, 18)
  await tab.getByLabel('prefetch 1').check()
  await workersBegun(scene, 6)
  for (const [tenant, count] of [
    ['acme', 30],
    ['globex', 2],
    ['initech', 2],
  ] as const) {
    await client.sendBatch(tasksOf(tenant, count), { signal })
  }
  await tasksDone(scene, 52)
  // what a search finds stands below, with a task's waits by all that it has in common with others
  await tab.getByRole('button', { name: 'Search' }).click()
  await tab.getByText('52 of 52 tasks').waitFor()
}

/** And of those before, none consumes any more. */
async function workersBegun({ begun, endpoint, signal }: Scene, count: number): Promise<void> {
  const consumers = async () => (await askQueueDepth(endpoint, signal)).consumers
  await until(async () => begun() === count && (await consumers()) === 2, { within: 60, what: 'two workers' })
}

/** By the page's figures, those of the broker too. */
async function tasksDone({ tab }: Scene, count: number): Promise<void> {
  const figure = async (name: string) => {
    const term = tab.getByText(name, { exact: true })
    return Number(await tab.locator('dl > div').filter({ has: term }).locator('dd').innerText())
  }
  const all = async () => (await figure('done')) === count && (await figure('backlog*')) === 0
  await until(all, { within: 60, what: `${count} tasks are done` })
}

function tasksOf(tenant: string, count: number): NewTask[] {
  const named = tenant === 'first' ? {} : { tenant }
  return Array.from({ length: count }, (_, at) => ({
    ...{ id: `${tenant}-${at}`, type: 'sleep', payload: { ms: 400 } },
    ...named,
  }))
}
