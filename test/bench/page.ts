import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ensureBroker } from '../../local/broker/broker.ts'
import { buildBundles, removeBundles } from '../../local/bundles.ts'
import { type Crew, startCrew } from '../../local/crew.ts'
import { crewClasses } from '../../local/crew-settings.ts'
import { runCommand } from '../../local/lifecycle.ts'
import { startPage } from '../../local/page/server.ts'
import { Tally } from '../../local/page/tally.ts'
import { queueDepth, startProducer } from '../../local/producer-process.ts'
import { makeWorkQueue } from '../../local/work-queue.ts'
import type { TaskLogLine } from '../../services/contract/log.ts'
import { readQueue } from '../../services/probe/figures.ts'
import { startChromium } from '../support/chromium.ts'
import { descendants } from '../support/processes.ts'
import { until } from '../support/until.ts'

/**
 * Does the live page slow the workers? `node test/bench/page.ts [--rounds 6] [--tasks 8000]`: the same backlog of
 * empty tasks is worked off by four workers, in turn without and with the page open in Chromium.
 */
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '6' }, tasks: { type: 'string', default: '8000' } },
})
const tasks = Number(values.tasks)
const workersPerClass = 2

await runCommand(async ({ stack }) => {
  const broker = await ensureBroker({ env: process.env, progress: console.error })
  stack.defer(() => broker.stop())
  const queue = await makeWorkQueue(broker, 'tasks')
  stack.defer(() => queue.remove())
  stack.defer(removeBundles)
  const bundles = await buildBundles()
  const producer = startProducer(bundles.lambda('producer'), queue, 0)
  stack.defer(() => producer.stop())
  const endpoint = await producer.endpoint
  const tally = new Tally()
  const lines: TaskLogLine[] = []
  const crew = startCrew(bundles.worker, queue, {
    task(line, by) {
      lines.push(line)
      tally.task(line, by)
    },
    record: (record, by) => tally.record(record, by),
    ended: (by) => tally.ended(by),
  })
  stack.defer(() => crew.stop())
  const access = { url: broker.managementUrl, ...broker.admin }
  const readFigures = () => readQueue(access, broker.vhost, queue.name)
  const page = await startPage({ endpoint, crew, tally, readFigures })
  stack.defer(() => page.close())
  const browser = await startChromium()
  if (!browser) throw new Error('there is no Chromium here: install it, or set CHROME_PATH')
  stack.defer(() => browser.close())
  const tab = await browser.newPage()

  const consumers = async () => (await queueDepth(endpoint, AbortSignal.timeout(5_000))).consumers
  const round = async (open: boolean) => {
    await tab.goto(open ? page.url : 'about:blank')
    resize(crew, 0)
    await until(async () => (await consumers()) === 0, { within: 60, what: 'no worker' })
    await fill(endpoint)
    lines.length = 0
    const [browserBefore, ownBefore, startedAt] = [browserCpuMs(), process.cpuUsage(), performance.now()]
    resize(crew, workersPerClass)
    await until(() => lines.length === tasks, { within: 300, what: 'all is done' })
    const [browser, own] = [browserCpuMs() - browserBefore, process.cpuUsage(ownBefore)]
    const share = (ms: number) => `${((100 * ms) / (performance.now() - startedAt)).toFixed(1)} %`
    console.log(
      `  of a core: browser ${share(browser)}, page's server ${share((own.user + own.system) / 1_000)}`,
    )
    return rate(lines)
  }
  const rates: Record<'without' | 'with', number[]> = { without: [], with: [] }
  await round(false)
  for (let number = 0; number < Number(values.rounds) * 2; number += 1) {
    // without, with, with, without: what drifts meets both alike
    const open = number % 4 === 1 || number % 4 === 2
    const measured = await round(open)
    rates[open ? 'with' : 'without'].push(measured)
    console.log(`${open ? 'with   ' : 'without'} the page: ${Math.round(measured)} tasks a second`)
  }
  const [without, open] = [median(rates.without), median(rates.with)]
  console.log(
    `median ${Math.round(without)} without, ${Math.round(open)} with: ${(100 * (1 - open / without)).toFixed(1)} % slower`,
  )
  return 0
})

/** CPU time of all of the browser's processes, where there is /proc. */
function browserCpuMs(): number {
  if (!existsSync('/proc')) return Number.NaN
  const processes = descendants(process.pid).filter(({ command }) => command.includes('chrom'))
  const ticks = processes.map(({ pid }) => {
    // utime and stime, counted after the name in parentheses: proc_pid_stat(5)
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return Number(fields[11]) + Number(fields[12])
  })
  return ticks.reduce((sum, own) => sum + own * 10, 0)
}

function resize(crew: Crew, wanted: number): void {
  for (const name of crewClasses) {
    while (crew.count(name) > wanted) crew.remove(name)
    while (crew.count(name) < wanted) crew.add(name)
  }
}

async function fill(endpoint: string): Promise<void> {
  for (let left = tasks; left > 0; left -= 1_000) {
    const some = Array.from({ length: Math.min(left, 1_000) }, () => ({ type: 'sleep', payload: { ms: 0 } }))
    const response = await fetch(`${endpoint}/tasks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ tasks: some }),
    })
    if (response.status !== 202) throw new Error(`the producer answered ${response.status}`)
  }
}

/** Tasks a second in the middle of the run, when all workers are there and work is left for all. */
function rate(lines: readonly TaskLogLine[]): number {
  const ends = lines
    .map(({ startedAt, durationMs }) => Date.parse(startedAt) + durationMs)
    .sort((a, b) => a - b)
  const [from, to] = [Math.floor(ends.length * 0.25), Math.floor(ends.length * 0.95)]
  return ((to - from) * 1_000) / ((ends[to] ?? 0) - (ends[from] ?? 0))
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle) - 1] ?? 0)) / 2
}
