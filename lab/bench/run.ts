import { mkdir, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ensureBroker } from '../../local/broker/start.ts'
import { colours } from '../../local/colours.ts'
import { warrenFolder } from '../../local/local-file.ts'
import { listOf, oneOf } from '../../ops/command-line/arguments.ts'
import { command } from '../../ops/command-line/command.ts'
import { type Lifecycle, orAborted, runCommand } from '../../ops/command-line/lifecycle.ts'
import { createProgress } from '../../ops/command-line/progress.ts'
import { watchLoad } from '../tutorial/experiments/load.ts'
import type { Benchmark, Setting } from './benchmark.ts'
import { bundleForBench } from './bundles.ts'
import { benchmarks } from './catalogue.ts'
import { bars } from './drawing.ts'
import { installPeers } from './peers/install.ts'
import { type Chapter, perform } from './perform.ts'
import { markdown, type Report, reportOf, table } from './report.ts'
import { page } from './results-page.ts'
import { versionsOf } from './versions.ts'

const ids = benchmarks.map(({ id }) => id)
const program = command(
  'npm run bench -w lab',
  `Measures Warren on this machine, beside what the machine can reach, on a real RabbitMQ: what it compares runs in turn,
in one run, on the same broker, queue type and policies, durable, confirmed, with manual ack and prefetch 1. Writes
.warren/bench.json, .warren/bench.html, .warren/bench.md, .warren/bench.svg and .warren/bench-<name>.svg. Exits with 1 when a claim does not hold
or a benchmark fails; those after it run all the same. Ratios mean little on a machine that is busy with something else.`,
  'npm run bench -w lab -- --only dispatch --peers',
)
  .option(
    '--only <benchmark,...>',
    'these benchmarks alone; may be given more than once',
    listOf(oneOf('benchmark', ids)),
  )
  .option('--peers', 'also measure the programs of others; installs them under .warren/peers, once')
  .option('--json', 'print the report as JSON on standard output, all else on standard error')
  .addHelpText(
    'after',
    `
Benchmarks:
${benchmarks.map(({ id, measures }) => `  ${id.padEnd(12)} ${measures}`).join('\n')}`,
  )

await runCommand(program, async ({ options: { only, peers = false, json }, ...lifecycle }) => {
  const chosen = benchmarks.filter(({ id }) => only?.includes(id) ?? true)
  const { report, failed } = await measure(chosen, peers, lifecycle)
  const output = json ? process.stderr : process.stdout
  output.write(table(report, output))
  output.write(`Plots: ${resolve(warrenFolder, 'bench.html')}\n`)
  if (json) console.log(JSON.stringify(reportOf(report), undefined, 2))
  return !failed && report.results.every(({ claim }) => claim?.holds ?? true) ? 0 : 1
})

async function measure(chosen: readonly Benchmark[], withPeers: boolean, { signal, stack }: Lifecycle) {
  const progress = createProgress(process.stderr)
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
  const report = (chapters: readonly Chapter[]): Report => ({
    ...{ date: new Date().toISOString(), versions, busy },
    results: chapters.flatMap(({ results }) => results),
    remarks: chapters.flatMap(({ benchmark, remarks }) => remarks.map((text) => `${benchmark.id}: ${text}`)),
  })
  const chapters = await perform(chosen, setting, (sofar) => write(report(sofar), sofar))
  progress.clear()
  return { report: report(chapters), failed: chapters.some(({ failed }) => failed) }
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
  for (const { name, svg } of chapters.flatMap(({ pictures }) => pictures)) {
    await save(`bench-${name}.svg`, standalone(svg))
  }
}

/** A drawing as a file of its own. */
function standalone(svg: string): string {
  const style = `<style>${colours} svg { background: var(--page); }</style>`
  return svg.replace(/^<svg([^>]*)>/, `<svg xmlns="http://www.w3.org/2000/svg"$1>${style}`)
}
