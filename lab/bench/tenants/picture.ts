import * as Plot from '@observablehq/plot'
import { duration } from '../../../ops/figures.ts'
import { draw } from '../drawing.ts'
import { load, type QuietTask } from './scene.ts'

/** What the quiet tenants' tasks waited in a scene. */
export interface Waits {
  readonly name: string
  readonly colour: string
  readonly tasks: readonly QuietTask[]
}

/** A dot for each task, when it was sent and how long it waited; a cross for one that waited on when all ended. */
export function picture(scenes: readonly Waits[]): string {
  const dots = scenes.flatMap(({ colour, tasks }) =>
    // less than a millisecond has no place on a logarithmic axis
    tasks.map(({ sentAt, waitMs, done }) => ({ sentAt, waitMs: Math.max(1, waitMs), done, colour })),
  )
  const at = { x: 'sentAt', y: 'waitMs' } as const
  const labels = [
    ...scenes.map(({ name, colour }) => ({ name: `● ${name}`, colour })),
    { name: '× waits on when the measurement ends', colour: 'var(--ink)' },
  ]
  return draw({
    ...{ width: 760, height: 380, marginLeft: 60, marginRight: 20, marginTop: 60, marginBottom: 44 },
    style: { color: 'var(--ink)', fontSize: '13px', fontFamily: 'system-ui, sans-serif' },
    x: { label: 'sent after, in seconds', domain: [0, load.seconds], labelOffset: 38 },
    y: {
      label: 'waited',
      type: 'log',
      grid: true,
      domain: [1, 100_000],
      ticks: [1, 10, 100, 1_000, 10_000, 100_000],
      tickFormat: duration,
    },
    color: { type: 'identity' },
    marks: [
      Plot.dot(
        dots.filter(({ done }) => done),
        { ...at, fill: 'colour', r: 2 },
      ),
      Plot.dot(
        dots.filter(({ done }) => !done),
        { ...at, stroke: 'colour', symbol: 'times', r: 2.5 },
      ),
      ...labels.map(({ name, colour }, at) =>
        Plot.text([name], {
          ...{ frameAnchor: 'top-left', textAnchor: 'start', dx: 40 + (at % 2) * 260 },
          ...{ dy: at < 2 ? -44 : -24, fill: colour, fontWeight: 600 },
        }),
      ),
    ],
  })
}
