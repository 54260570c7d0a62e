import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import type { Comparison } from './compare.ts'

export const style = `:root { color-scheme: light dark; --ink: #1f2328; --page: #ffffff; --muted: #59636e;
  --ours: #2f7ed8; --cdk: #d9822b; --keda: #8250df; --cpu: #cf222e; --ideal: #2da44e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --page: #0d1117; --muted: #9198a1;
  --ours: #4f9cf5; --cdk: #e09b52; --keda: #bc8cff; --cpu: #ff7b72; --ideal: #3fb950; } }`

/** Name of a style's colour, and of a symbol: who cannot tell the colours apart has the symbols. */
interface Look {
  readonly colour: 'ours' | 'cdk' | 'keda' | 'cpu' | 'ideal' | 'muted'
  readonly symbol: Plot.SymbolType
}

/** The first that a contestant's name begins with. */
const looks: readonly (readonly [name: string, look: Look])[] = [
  ['Warren', { colour: 'ours', symbol: 'circle' }],
  ['target tracking', { colour: 'muted', symbol: 'square' }],
  ['CDK, our capacity', { colour: 'cdk', symbol: 'triangle' }],
  ['CDK', { colour: 'muted', symbol: 'triangle' }],
  ['KEDA', { colour: 'keda', symbol: 'diamond' }],
  ['CPU', { colour: 'cpu', symbol: 'cross' }],
  ['fixed at mean', { colour: 'muted', symbol: 'wye' }],
  ['fixed at peak', { colour: 'muted', symbol: 'hexagon' }],
  ['ideal', { colour: 'ideal', symbol: 'star' }],
]

const common = {
  ...{ width: 900, marginLeft: 60, marginRight: 20 },
  style: { color: 'var(--ink)', fontSize: '12px', fontFamily: 'system-ui, sans-serif' },
} as const

const times: readonly (readonly [seconds: number, name: string])[] = [
  [1, '1 s'],
  [60, '1 min'],
  [3_600, '1 h'],
  [86_400, '1 d'],
]

/** Cost and p95 wait of all in each load, below a key: to the left is cheaper, below is sooner. */
export function overview(comparisons: readonly Comparison[]): string {
  const dots = comparisons.flatMap(({ load, results }) => {
    const ours = results[0]?.figures.usd ?? 1
    return results.map(({ contestant, figures }) => ({
      ...{ load: load.id, cost: figures.usd / ours, wait: Math.max(0.1, figures.p95) },
      ...{ fill: colourOf(contestant), symbol: lookOf(contestant).symbol },
    }))
  })
  const height = 130 * comparisons.length + 60
  const chart = draw({
    ...{ ...common, height, marginRight: 90 },
    x: {
      ...{ type: 'log', label: 'cost, Warren = 1 →', grid: true },
      ...{ ticks: [0.1, 0.2, 0.5, 1, 2, 5], tickFormat: '~g' },
    },
    y: { type: 'log', label: '↑ p95 wait', domain: [0.03, 1e7] },
    fy: { label: null, domain: comparisons.map(({ load }) => load.id) },
    color: { type: 'identity' },
    symbol: { type: 'identity' },
    marks: [
      Plot.frame({ stroke: 'var(--muted)', strokeOpacity: 0.4 }),
      Plot.gridY(times.map(([seconds]) => seconds)),
      // a text of our own: a logarithmic axis leaves out most of its labels
      Plot.axisY(
        times.map(([seconds]) => seconds),
        { text: times.map(([, name]) => name) },
      ),
      Plot.dot(dots, { x: 'cost', y: 'wait', fy: 'load', fill: 'fill', symbol: 'symbol', r: 4.5 }),
    ],
  })
  const names = comparisons[0]?.results.map(({ contestant }) => contestant) ?? []
  return `<svg width="900" height="${height + 30}" viewBox="0 0 900 ${height + 30}">
${key(names)}
<g transform="translate(0 30)">${chart}</g>
</svg>`
}

/** Each symbol with the name beside it, in one line. */
function key(names: readonly string[]): string {
  const items = names.map((name, index) => ({
    ...{ name, index, fill: colourOf(name), symbol: lookOf(name).symbol },
  }))
  return draw({
    ...{ ...common, height: 30, marginTop: 0, marginBottom: 0, marginLeft: 10, marginRight: 40, axis: null },
    ...{ color: { type: 'identity' }, symbol: { type: 'identity' } },
    marks: [
      Plot.dot(items, { x: 'index', fill: 'fill', symbol: 'symbol', r: 4.5 }),
      Plot.text(items, { x: 'index', text: 'name', textAnchor: 'start', dx: 8, fontSize: 10 }),
    ],
  })
}

/** The overview as a file of its own. */
export const overviewFile = (comparisons: readonly Comparison[]) =>
  overview(comparisons).replace(
    /^<svg([^>]*)>/,
    `<svg xmlns="http://www.w3.org/2000/svg"$1><style>${style} svg { background: var(--page); }</style>`,
  )

/** Slots in service and tasks that wait, over the hours of a load. */
export function course({ results }: Comparison): string {
  const shown = results.filter(({ contestant }) => colourOf(contestant) !== 'var(--muted)')
  const points = shown.flatMap(({ contestant, minutes }) => {
    const every = Math.ceil(minutes.length / 300)
    return minutes
      .filter((_, at) => at % every === 0)
      .map(({ minute, slots, ready }) => ({
        ...{ contestant, hour: minute / 60, ready, fill: colourOf(contestant) },
        slots: slots.reduce((sum, count) => sum + count, 0),
      }))
  })
  const end = Math.max(...(results[0]?.minutes ?? []).map(({ minute }) => minute / 60))
  const lines = (y: 'slots' | 'ready') =>
    draw({
      ...{ ...common, height: 170, x: { label: 'hours', domain: [0, end] }, color: { type: 'identity' } },
      y: { label: y === 'slots' ? '↑ slots in service' : '↑ tasks that wait', grid: true },
      clip: true,
      marks: [
        Plot.ruleY([0]),
        Plot.lineY(
          points.filter(({ contestant }) => contestant !== 'ideal'),
          { x: 'hour', y, z: 'contestant', stroke: 'fill', curve: 'step-after', strokeWidth: 1.2 },
        ),
      ],
    })
  return `${lines('slots')}${lines('ready')}`
}

/** CDK's default of two workers and fixed numbers are left out of the courses: they do not scale. */
export const colourOf = (contestant: string) => `var(--${lookOf(contestant).colour})`

function lookOf(contestant: string): Look {
  const known = looks.find(([name]) => contestant.startsWith(name))
  if (!known) throw new Error(`${contestant} has no look: give it one in lab/simulate/picture.ts`)
  return known[1]
}

/** Plot draws into a document, which Node does not have. */
function draw(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  return Plot.plot({ ...options, document }).outerHTML
}
