import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import type { Plot as Lines, Result } from './benchmark.ts'
import { digits } from './report.ts'

const common = {
  width: 760,
  style: { color: 'var(--ink)', fontSize: '13px', fontFamily: 'system-ui, sans-serif' },
} as const
const palette = [
  'var(--fast)',
  'var(--muted)',
  'var(--slow)',
  'var(--again)',
  'var(--dead)',
  '#2da44e',
  '#bf8700',
]

/** Lines over a common axis, each named at its end. */
export function lines({ x, y, series, logX, logY }: Lines): string {
  const points = series.flatMap(({ name, points }) => points.map(([at, value]) => ({ name, at, value })))
  const mark = { x: 'at', y: 'value', z: 'name', stroke: 'name' } as const
  return draw({
    ...{ ...common, height: 340, marginRight: 20, grid: true },
    x: { label: x, type: logX ? 'log' : 'linear', ...(logX ? { tickFormat: String } : {}) },
    y: { label: y, type: logY ? 'log' : 'linear', ...(logY ? {} : { zero: true }) },
    color: { domain: series.map(({ name }) => name), range: palette, legend: false },
    marks: [Plot.line(points, mark), Plot.dot(points, { ...mark, fill: 'name', r: 2.5 })],
  })
}

/** The colours of {@link lines}, in order. */
export const colourOf = (at: number) => palette[at % palette.length] ?? 'var(--ink)'

/** A result as bars: the limit, ours and the peers. */
export function bars({ unit, ours, limit, peers }: Result): string {
  const rows = [
    ...(limit === undefined ? [] : [{ name: 'limit', figure: limit, fill: 'var(--idle)' }]),
    { name: 'Warren', figure: ours, fill: 'var(--fast)' },
    ...Object.entries(peers).map(([name, figure]) => ({ name, figure, fill: 'var(--slow)' })),
  ]
  return draw({
    ...{ ...common, height: rows.length * 26 + 70, marginLeft: 250, marginRight: 60, marginBottom: 50 },
    x: { label: unit, grid: true, zero: true, labelOffset: 42 },
    y: { label: null, domain: rows.map(({ name }) => name), tickSize: 0 },
    color: { type: 'identity' },
    marks: [
      Plot.barX(rows, { x: 'figure', y: 'name', fill: 'fill', rx: 2 }),
      Plot.text(rows, {
        ...{ x: 'figure', y: 'name', dx: 6, textAnchor: 'start', fill: 'var(--ink)' },
        text: ({ figure }: { figure: number }) => digits(figure),
      }),
    ],
  })
}

/** Plot draws into a document, which Node does not have. */
export function draw(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  return Plot.plot({ ...options, document }).outerHTML
}
