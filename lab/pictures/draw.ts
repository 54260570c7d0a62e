import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import type { Widget } from '../../test/support/template-metrics.ts'
import { html } from '../html.ts'
import type { Metrics } from './cloudwatch.ts'
import { minuteMs } from './local-run.ts'
import type { Table } from './tables.ts'
import { linesOf } from './widget-queries.ts'

const unit = { width: 58, height: 46 }
const palette = ['#1f77b4', '#ff7f0e', '#2ca02c', '#d62728', '#9467bd', '#8c564b', '#e377c2', '#7f7f7f']
const ink = '#16191f'
const muted = '#545b64'
export const width = 24 * unit.width

/** A widget's place in the picture, below a heading. */
export function placed({ x, y, width, height }: Widget, top: number, content: string): string {
  const [w, h] = [width * unit.width, height * unit.height]
  return `<svg x="${x * unit.width}" y="${top + y * unit.height}" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}">${content}</svg>`
}

const frame = ({ width, height }: Widget) =>
  `<rect x="3" y="3" width="${width * unit.width - 6}" height="${height * unit.height - 6}" rx="3" fill="#fff" stroke="#d5dbdb"/>`

interface Style {
  readonly fill?: string
  readonly size?: number
  readonly bold?: boolean
}

function words(
  text: string,
  x: number,
  y: number,
  { fill = ink, size = 13, bold = false }: Style = {},
): string {
  return `<text x="${x}" y="${y}" fill="${fill}" font-size="${size}"${bold ? ' font-weight="700"' : ''}>${text}</text>`
}

/** A heading and a paragraph, with **bold** words. */
export function drawText(widget: Widget): string {
  const [heading = '', ...rest] = String(widget.properties.markdown).split('\n')
  const lines = wrapped(rest.join(' '), Math.floor((width - 40) / 6.35))
  const text = lines.map((line, index) => words(bold(html(line)), 14, 50 + index * 18, { fill: muted }))
  return words(html(heading.replace(/^#+ /, '')), 14, 26, { size: 19, bold: true }) + text.join('')
}

const bold = (text: string) =>
  text.replaceAll(/\*\*([^*]+)\*\*/g, `<tspan font-weight="700" fill="${ink}">$1</tspan>`).replaceAll('`', '')

function wrapped(text: string, most: number): string[] {
  const lines: string[] = ['']
  for (const word of text.split(' ')) {
    const line = `${lines.at(-1)} ${word}`.trim()
    if (line.length > most) lines.push(word)
    else lines[lines.length - 1] = line
  }
  return lines
}

/** The alarms as boxes, red where they are on. */
export function drawAlarms(widget: Widget, states: ReadonlyMap<string, boolean>): string {
  const ids: string[] = widget.properties.alarms.map((arn: string) => arn.replace(/\.Arn$/, ''))
  const columns = Math.ceil(ids.length / 2)
  const box = (widget.width * unit.width - 24) / columns
  const boxes = ids.map((id, index) => {
    const on = states.get(id) === true
    const name = id.replace(/^Monitoring/, '').replace(/[0-9A-F]{8}$/, '')
    const [x, y] = [12 + (index % columns) * box, 38 + Math.floor(index / columns) * 46]
    const colour = on ? '#d13212' : '#1d8102'
    return `<rect x="${x}" y="${y}" width="${box - 8}" height="38" rx="3" fill="${on ? '#fdf3f1' : '#f2f8f0'}" stroke="${colour}"/>
<circle cx="${x + 16}" cy="${y + 19}" r="6" fill="${colour}"/>${words(`${name}`, x + 30, y + 23, { bold: on })}`
  })
  return frame(widget) + words(html(widget.properties.title), 14, 25, { bold: true }) + boxes.join('')
}

interface Point {
  readonly at: number
  readonly value: number
  readonly line: string
}

export function drawGraph(widget: Widget, metrics: Metrics): string {
  const { title, metrics: rows, yAxis, annotations, stacked, period: widgetPeriod = 60 } = widget.properties
  const lines = linesOf(rows)
  const drawn = lines
    .filter(({ visible }) => visible)
    .map((line, index) => {
      const periodMs = ((line.period ?? widgetPeriod) / 60) * minuteMs
      const values = metrics.series(line, lines, periodMs)
      const name = String(index)
      const points = values.map((value, index) => ({
        at: ((index + 0.5) * periodMs) / 1_000,
        value,
        line: name,
      }))
      return { label: line.label, name, color: line.color ?? palette[index % palette.length] ?? ink, points }
    })
  const known = drawn.flatMap(({ points }) =>
    points.filter((point): point is Point => point.value !== undefined),
  )
  const marks: { value: number; label: string }[] = annotations?.horizontal ?? []
  const plot = known.length === 0 ? '' : drawing(widget, drawn, known, marks, Boolean(stacked), yAxis?.left)
  const nothing = known.length === 0 ? words('nothing in this run', 20, 130, { fill: muted }) : ''
  let x = 16
  const keys = drawn.map(({ label, color }) => {
    const key = `<rect x="${x}" y="40" width="11" height="11" fill="${color}"/>${words(html(label), x + 15, 50, { size: 12 })}`
    x += 30 + label.length * 6.6
    return key
  })
  return frame(widget) + words(html(title), 14, 25, { bold: true }) + keys.join('') + plot + nothing
}

interface Drawn {
  readonly name: string
  readonly color: string
  readonly points: readonly {
    readonly at: number
    readonly value: number | undefined
    readonly line: string
  }[]
}

function drawing(
  widget: Widget,
  drawn: readonly Drawn[],
  known: readonly Point[],
  marks: readonly { readonly value: number; readonly label: string }[],
  stacked: boolean,
  axis: { readonly label?: string; readonly max?: number } = {},
): string {
  // Plot draws into a document, which Node does not have
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const sums = Map.groupBy(known, ({ at }) => at)
  const tops = stacked
    ? [...sums.values()].map((points) => points.reduce((sum, { value }) => sum + value, 0))
    : known.map(({ value }) => value)
  const top = axis.max ?? Math.max(1e-9, ...tops, ...marks.map(({ value }) => value)) * 1.08
  const range = drawn.map(({ color }) => color)
  const shape = { x: 'at', y: 'value', z: 'line' } as const
  const graph = Plot.plot({
    document,
    width: widget.width * unit.width - 16,
    height: widget.height * unit.height - 62,
    ...{ marginLeft: 46, marginRight: 14, marginTop: 24, marginBottom: 22 },
    style: { fontSize: '11px', fontFamily: 'Helvetica, Arial, sans-serif', color: muted },
    x: {
      domain: [0, Math.max(...drawn.flatMap(({ points }) => points.map(({ at }) => at)))],
      label: null,
      ticks: 6,
      tickFormat: (at: number) => `${at} s`,
    },
    y: {
      domain: [0, top],
      label: axis.label ?? null,
      grid: true,
      ticks: 4,
      nice: axis.max === undefined,
      labelArrow: 'none',
    },
    color: { domain: drawn.map(({ name }) => name), range },
    marks: [
      ...(stacked
        ? [Plot.areaY(known, { ...shape, fill: 'line', fillOpacity: 0.75, curve: 'step' })]
        : [
            Plot.lineY(
              drawn.flatMap(({ points }) => [...points]),
              { ...shape, stroke: 'line', strokeWidth: 1.9 },
            ),
            Plot.dot(known, { ...shape, fill: 'line', r: 1.7 }),
          ]),
      Plot.ruleY(marks, { y: 'value', stroke: muted, strokeDasharray: '4 3' }),
      // side by side, since their lines may lie close together
      ...marks.map((mark, index) =>
        Plot.text([mark], {
          y: 'value',
          text: 'label',
          frameAnchor: 'right',
          ...{ dx: -44 * index, dy: -6 },
          textAnchor: 'end',
          fill: muted,
        }),
      ),
    ],
  })
  return (graph.outerHTML as string).replace(/^<svg/, '<svg xmlns="http://www.w3.org/2000/svg" x="8" y="56"')
}

/** The table of reasons, as its query counts them. */
export function drawTable(widget: Widget, { header, columns, rows }: Table): string {
  const shown = Math.floor((widget.height * unit.height - 80) / 21) + 1
  const cells = (row: readonly string[], y: number, style: Style = {}) =>
    row.map((cell, index) => words(html(cell), columns[index] ?? 0, y, style)).join('')
  const body = rows.slice(0, shown).map((row, index) => cells(row, 72 + index * 21))
  return (
    frame(widget) +
    words(html(widget.properties.title), 14, 25, { bold: true }) +
    cells(header, 50, { fill: muted, size: 12 }) +
    body.join('')
  )
}
