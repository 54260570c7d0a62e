import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import type { Comparison } from './compare.ts'

export const style = `:root { color-scheme: light dark; --ink: #1f2328; --page: #ffffff; --muted: #59636e;
  --ours: #2f7ed8; --cdk: #d9822b; --keda: #8250df; --cpu: #cf222e; --ideal: #2da44e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --page: #0d1117; --muted: #9198a1;
  --ours: #4f9cf5; --cdk: #e09b52; --keda: #bc8cff; --cpu: #ff7b72; --ideal: #3fb950; } }`

const colours = ['ours', 'cdk', 'keda', 'cpu', 'ideal'] as const
const common = {
  ...{ width: 900, marginLeft: 60, marginRight: 20 },
  style: { color: 'var(--ink)', fontSize: '12px', fontFamily: 'system-ui, sans-serif' },
} as const

/** Where a label stands: those of neighbours on different sides of their dots. */
const sides = {
  left: { textAnchor: 'end', dx: -7 },
  below: { dy: 12 },
  above: { dy: -10 },
} as const

function sideOf(contestant: string): keyof typeof sides {
  if (contestant === 'Warren') return 'left'
  return /^(KEDA|CPU|fixed at peak)/.test(contestant) ? 'below' : 'above'
}

const times: readonly (readonly [seconds: number, name: string])[] = [
  ...([
    [1, '1 s'],
    [60, '1 min'],
    [3_600, '1 h'],
    [86_400, '1 d'],
  ] as const),
]

/** Cost and p95 wait of all in each load: to the left is cheaper, below is sooner. */
export function overview(comparisons: readonly Comparison[]): string {
  const dots = comparisons.flatMap(({ load, results }) => {
    const ours = results[0]?.figures.usd ?? 1
    return results.map(({ contestant, figures }) => ({
      ...{ load: load.id, contestant, cost: figures.usd / ours },
      wait: Math.max(0.1, figures.p95),
      fill: colourOf(contestant),
    }))
  })
  const at = { x: 'cost', y: 'wait', fy: 'load', fill: 'fill' } as const
  const label = (side: keyof typeof sides) =>
    Plot.text(
      dots.filter(({ contestant }) => sideOf(contestant) === side),
      { ...at, ...sides[side], text: 'contestant', fontSize: 10 },
    )
  return draw({
    ...{ ...common, height: 130 * comparisons.length + 60, marginRight: 90 },
    x: {
      type: 'log',
      label: 'cost, Warren = 1 →',
      grid: true,
      ticks: [0.1, 0.2, 0.5, 1, 2, 5],
      tickFormat: '~g',
    },
    y: {
      ...{ type: 'log', label: '↑ p95 wait', grid: true, domain: [0.03, 1e7] },
      ticks: times.map(([seconds]) => seconds),
      tickFormat: (tick: number) => times.find(([seconds]) => seconds === Math.round(tick))?.[1] ?? '',
    },
    fy: { label: null, domain: comparisons.map(({ load }) => load.id) },
    color: { type: 'identity' },
    marks: [
      Plot.frame({ stroke: 'var(--muted)', strokeOpacity: 0.4 }),
      Plot.dot(dots, { ...at, r: 4 }),
      ...[label('left'), label('below'), label('above')],
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
export function colourOf(contestant: string): string {
  const known: Record<string, (typeof colours)[number]> = {
    ...{ Warren: 'ours', 'CDK, our capacity': 'cdk', 'KEDA + HPA': 'keda', ideal: 'ideal' },
  }
  const name = known[contestant] ?? (contestant.startsWith('CPU') ? 'cpu' : undefined)
  return name === undefined ? 'var(--muted)' : `var(--${name})`
}

/** Plot draws into a document, which Node does not have. */
function draw(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  return Plot.plot({ ...options, document }).outerHTML
}
