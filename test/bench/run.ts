import { mkdir, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { commandLine, oneOf } from '../../local/arguments.ts'
import { ensureBroker } from '../../local/broker/broker.ts'
import { colours } from '../../local/colours.ts'
import { watchLoad } from '../../local/experiments/load.ts'
import { type Lifecycle, orAborted, runCommand } from '../../local/lifecycle.ts'
import { warrenFolder } from '../../local/local-file.ts'
import { makeProgress } from '../../local/progress.ts'
import type { Benchmark, Setting } from './benchmark.ts'
import { bundleForBench } from './bundles.ts'
import { benchmarks } from './catalogue.ts'
import { bars } from './drawing.ts'
import { installPeers } from './peers/install.ts'
import { markdown, type Report, reportOf, table } from './report.ts'
import { type Chapter, page } from './results-page.ts'
import { versionsOf } from './versions.ts'

const help = `npm run bench -- [options]

Measures Warren on this machine, beside what the machine can reach, on a real RabbitMQ: what it compares runs in turn, in
one run, on the same broker, queue type and policies, durable, confirmed, with manual ack and prefetch 1.

  --only <benchmark>   this benchmark alone; may be given more than once, or as a list with commas
  --peers              also measure the programs of others; installs them under .warren/peers, once

${benchmarks.map(({ id, measures, onRequest }) => `  ${id.padEnd(12)} ${measures}${onRequest ? ' (only with --only)' : ''}`).join('\n')}

It writes .warren/bench.json, .warren/bench.html, .warren/bench.md and .warren/bench.svg, and exits 1 when a claim does
not hold. Ratios of a machine that does something else meanwhile mean little.

Example: npm run bench -- --only dispatch --peers`

await runCommand(async (lifecycle) => {
  const { values } = commandLine(process.argv.slice(2), {
    only: { type: 'string', multiple: true },
    peers: { type: 'boolean' },
  })
  if (values.help) {
    console.log(help)
    return 0
  }
  const report = await perform(choose(values.only), values.peers ?? false, lifecycle)
  process.stdout.write(table(report, process.stdout))
  console.log(`Plots: ${resolve(warrenFolder, 'bench.html')}`)
  return report.results.every(({ claim }) => claim?.holds ?? true) ? 0 : 1
})

function choose(only: readonly string[] | undefined): readonly Benchmark[] {
  const names = benchmarks.map(({ id }) => id)
  const wanted = only?.flatMap((list) => list.split(',')).map((name) => oneOf('benchmark', name, names))
  return benchmarks.filter(({ id, onRequest }) => wanted?.includes(id) ?? !onRequest)
}

async function perform(chosen: readonly Benchmark[], withPeers: boolean, { signal, stack }: Lifecycle) {
  const progress = makeProgress(process.stderr)
  const { say } = progress
  const show = (line: string) => progress.show([line])
  const peers = withPeers ? await orAborted(installPeers(say), signal) : undefined
  const busy = await loadBefore(signal)
  if (busy !== undefined) say(`the machine is busy: ${busy}. What is measured now means little`)
  const starting = ensureBroker({ env: process.env, progress: say })
  stack.defer(async () => (await starting).stop())
  show('starting RabbitMQ, bundling the services ...')
  const broker = await orAborted(starting, signal)
  const bundles = stack.use(bundleForBench())
  const setting: Setting = { broker, bundles, peers, say, show, signal }
  const versions = await versionsOf(broker, peers)
  const chapters: Chapter[] = []
  const report = () => {
    const results = chapters.flatMap((chapter) => chapter.results)
    return { date: new Date().toISOString(), versions, busy, results }
  }
  for (const benchmark of chosen) {
    say(`${benchmark.id}: ${benchmark.measures}`)
    chapters.push({ benchmark, ...(await orAborted(benchmark.run(setting), signal)) })
    // so that what stops a later one takes nothing of it
    await write(report(), chapters)
  }
  progress.clear()
  return report()
}

/** What else this machine does, before the run adds to it. */
async function loadBefore(signal: AbortSignal): Promise<string | undefined> {
  const load = watchLoad()
  await delay(1_000, undefined, { signal })
  return load()
}

async function write(report: Report, chapters: readonly Chapter[]): Promise<void> {
  await mkdir(warrenFolder, { recursive: true })
  const save = (name: string, content: string) => writeFile(resolve(warrenFolder, name), content)
  await save('bench.json', `${JSON.stringify(reportOf(report), undefined, 2)}\n`)
  await save('bench.html', page(report, chapters))
  await save('bench.md', markdown(report))
  const [first] = report.results
  if (first) await save('bench.svg', standalone(bars(first)))
}

/** A drawing as a file of its own. */
function standalone(svg: string): string {
  const style = `<style>${colours} svg { background: var(--page); }</style>`
  return svg.replace(/^<svg([^>]*)>/, `<svg xmlns="http://www.w3.org/2000/svg"$1>${style}`)
}
