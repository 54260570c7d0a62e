import * as Plot from '@observablehq/plot'
import { common, draw, svgOf } from './picture.ts'
import { type Piece, sumOf } from './piece.ts'

/** Done tasks per second over all pieces, one behind the other, and below it how often each kind of fault struck: SVG. */
export function campaignPicture(pieces: readonly Piece[]): string {
  const bins = pieces.flatMap(({ doneInTenSeconds }) => doneInTenSeconds)
  const starts = pieces.map((_, index) =>
    pieces.slice(0, index).reduce((sum, { doneInTenSeconds }) => sum + doneInTenSeconds.length, 0),
  )
  const rate = draw({
    ...{ ...common, height: 200, marginBottom: 40 },
    x: { domain: [0, bins.length / 6], label: 'minutes of all pieces' },
    y: { label: 'tasks done per second', grid: true },
    marks: [
      Plot.areaY(bins, { x: (_, index) => index / 6, y: (count: number) => count / 10, fill: 'var(--rate)' }),
      Plot.ruleX(starts.slice(1), {
        x: (bin: number) => bin / 6,
        stroke: 'var(--ink)',
        strokeDasharray: '2,3',
      }),
      Plot.ruleY([0]),
    ],
  })
  const faults = Object.entries(sumOf(pieces.map((piece) => piece.faults)))
  const height = 50 + faults.length * 18
  const kinds = draw({
    ...{ ...common, height },
    x: { label: 'faults', grid: true },
    y: { domain: faults.map(([kind]) => kind), label: null, tickSize: 0 },
    marks: [Plot.barX(faults, { x: '1', y: '0', fill: 'var(--fault)' })],
  })
  return svgOf([
    [200, rate],
    [height, kinds],
  ])
}
