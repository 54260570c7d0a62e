import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { command } from '../../ops/command-line/command.ts'
import { orAborted, runCommand } from '../../ops/command-line/lifecycle.ts'
import type { EnvironmentName } from '../../test/infra/synth.ts'
import { type Widget, widgetsOf } from '../../test/support/template-metrics.ts'
import { html } from '../html.ts'
import { alarmStates } from './alarm-states.ts'
import { Metrics } from './cloudwatch.ts'
import { drawAlarms, drawGraph, drawTable, drawText, placed, width } from './draw.ts'
import { type LocalRun, minuteMs, runLocally } from './local-run.ts'
import { tableOf } from './tables.ts'

const program = command(
  'npm run dashboard -w lab',
  `Draws the sandbox's CloudWatch dashboard, from its synthesized JSON, with the data of a run on this machine (two
minutes): docs/dashboard.svg.`,
  'npm run dashboard -w lab',
).option('--redraw', 'use the data of the last run')

const root = resolve(import.meta.dirname, '../..')
const kept = resolve(root, '.warren/dashboard-run.json')
const top = 62

await runCommand(program, async ({ options: { redraw }, signal }) => {
  process.env['CDK_VALIDATION'] = 'false'
  const run = redraw && existsSync(kept) ? read() : await orAborted(record(), signal)
  writeFileSync(resolve(root, 'docs/dashboard.svg'), picture(run))
  console.log('docs/dashboard.svg')
  return 0
})

function read(): LocalRun {
  return JSON.parse(readFileSync(kept, 'utf8'))
}

async function record(): Promise<LocalRun> {
  const run = await runLocally((line) => console.error(line))
  mkdirSync(resolve(root, '.warren'), { recursive: true })
  writeFileSync(kept, JSON.stringify(run))
  return run
}

function picture(run: LocalRun): string {
  const sandbox = 'sandbox' as EnvironmentName
  const widgets = widgetsOf(sandbox)
  // AWS's metrics have ids for dimensions that a local run does not know
  const metrics = new Metrics(run.metrics, run.from, run.to)
  const local = widgets.map((widget) => ({ ...widget, properties: withoutIds(widget.properties) }))
  const states = alarmStates(sandbox, metrics, minuteMs)
  const height = top + Math.max(...widgets.map(({ y, height }) => (y + height) * 46)) + 10
  const body = local.map((widget) => placed(widget, top, draw(widget, metrics, states, run)))
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Helvetica, Arial, sans-serif">
<rect width="100%" height="100%" fill="#f2f3f3"/>
<text x="14" y="28" font-size="20" font-weight="700" fill="#16191f">warren-sandbox-work-queue</text>
<text x="14" y="50" font-size="13" fill="#545b64">${html(`Drawn from the dashboard’s JSON with the data of a run on one machine. Each point, a minute on the dashboard, is ${minuteMs / 1_000} s of that run; “per minute” means per point.`)}</text>
${body.join('\n')}
</svg>
`
}

/** AWS's metrics without what names a certain broker, API or cluster. */
function withoutIds<Properties extends { readonly metrics?: unknown[][] }>(
  properties: Properties,
): Properties {
  const metrics = properties.metrics?.map((row) => {
    if (!String(row[0]).startsWith('AWS/')) return row
    const strings = row.filter((part) => typeof part === 'string')
    const service = strings.indexOf('ServiceName')
    const dimension = service < 0 ? [] : strings.slice(service, service + 2)
    return [...strings.slice(0, 2), ...dimension, ...row.filter((part) => typeof part === 'object')]
  })
  return metrics ? { ...properties, metrics } : properties
}

function draw(widget: Widget, metrics: Metrics, states: ReadonlyMap<string, boolean>, run: LocalRun): string {
  switch (widget.type) {
    case 'text':
      return drawText(widget)
    case 'alarm':
      return drawAlarms(widget, states)
    case 'metric':
      return drawGraph(widget, metrics)
    case 'log':
      return drawTable(widget, tableOf(widget.properties.query, run))
  }
}
