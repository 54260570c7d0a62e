import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import type { Episode } from './ledger.ts'

/** What all plots have. */
export const common = {
  width: 1_000,
  marginLeft: 220,
  marginRight: 20,
  style: { color: 'var(--ink)', fontSize: '12px' },
} as const

const style = `<style>:root { color-scheme: light dark; --ink: #1f2328; --page: #ffffff; --rate: #2f7ed8; --fault: #cf222e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --page: #0d1117; --rate: #4f9cf5; --fault: #ff7b72; } }
svg { background: var(--page); }</style>`

/** Done tasks per second over time, and below it each kind of fault with the times at which it lasted: an SVG file. */
export function picture(doneAt: readonly number[], episodes: readonly Episode[]): string {
  const start = Math.min(doneAt[0] ?? 0, ...episodes.map(({ from }) => from))
  const minutes = (at: number) => (at - start) / 60_000
  const end = Math.max(minutes(doneAt.at(-1) ?? start), ...episodes.map(({ to }) => minutes(to)))
  const kinds = [...new Set(episodes.map(({ kind }) => kind))].sort()
  const x = { domain: [0, end], label: 'minutes' } as const
  const rate = draw({
    ...{ ...common, height: 180, x: { ...x, axis: null }, y: { label: 'tasks done per second', grid: true } },
    marks: [
      Plot.areaY(perSecond(doneAt, start), { x: 'minute', y: 'tasks', fill: 'var(--rate)' }),
      Plot.ruleY([0]),
    ],
  })
  const faults = draw({
    ...{
      ...common,
      height: 50 + kinds.length * 18,
      x,
      y: { domain: kinds, label: null, tickSize: 0, grid: true },
    },
    marks: [
      Plot.barX(episodes, {
        ...{ x1: ({ from }: Episode) => minutes(from), x2: ({ to }: Episode) => minutes(to) },
        ...{ y: 'kind', fill: 'var(--fault)', stroke: 'var(--fault)' },
      }),
    ],
  })
  return svgOf([
    [180, rate],
    [50 + kinds.length * 18, faults],
  ])
}

/** Plots one below the other, each with its height. */
export function svgOf(plots: readonly (readonly [number, string])[]): string {
  const height = plots.reduce((sum, [each]) => sum + each, 0)
  let top = 0
  const placed = plots.map(([each, plot]) => {
    const group = `<g transform="translate(0 ${top})">${plot}</g>`
    top += each
    return group
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="1000" height="${height}" viewBox="0 0 1000 ${height}">${style}
${placed.join('\n')}
</svg>
`
}

/** Plot draws into a document, which Node does not have. */
export function draw(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  return Plot.plot({ ...options, document }).outerHTML
}

function perSecond(doneAt: readonly number[], start: number) {
  const counts = new Map<number, number>()
  for (const at of doneAt) {
    const second = Math.floor((at - start) / 1_000)
    counts.set(second, (counts.get(second) ?? 0) + 1)
  }
  const last = Math.max(0, ...counts.keys())
  return Array.from({ length: last + 1 }, (_, second) => ({
    minute: second / 60,
    tasks: counts.get(second) ?? 0,
  }))
}
