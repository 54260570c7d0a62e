import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import type { Rehearsal } from './rehearse.ts'

const style = `<style>:root { color-scheme: light dark; --ink: #1f2328; --page: #ffffff; --idle: #e8ebef; --c0: #d9822b; --c1: #2f7ed8; --c2: #e5b27c; --c3: #86b3e8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --page: #0d1117; --idle: #21262d; --c0: #e09b52; --c1: #4f9cf5; --c2: #8f6432; --c3: #2e6298; } }
svg { background: var(--page); }</style>`

/** A lane for each slot of each container, a bar for each task, a line where it got SIGTERM, as one SVG file. */
export function picture({ services, stage: { ledger } }: Rehearsal): string {
  const lanes = lanesOf(services)
  const known = new Map(lanes.map((lane) => [lane.id, lane]))
  const start = Math.min(...lanes.map(({ startedAt }) => startedAt))
  const seconds = (at: number) => (at - start) / 1_000
  const tasks = ledger.tries.flatMap(({ container, slot, startedAt, durationMs, type, outcome }) => {
    const lane = known.get(idOf(container, slot))
    const from = seconds(Date.parse(startedAt))
    const tip = `${type} ${outcome}, ${durationMs} ms`
    return lane ? [{ lane: lane.label, from, to: from + durationMs / 1_000, fill: lane.fill, tip }] : []
  })
  const present = lanes.map((lane) => ({
    ...{ lane: lane.label, from: seconds(lane.startedAt), to: seconds(lane.endedAt ?? Date.now()) },
  }))
  const stops = lanes.flatMap(({ label, stoppedAt }) =>
    stoppedAt === undefined ? [] : [{ lane: label, at: seconds(stoppedAt) }],
  )
  // Plot draws into a document, which Node does not have
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const bar = { x1: 'from', x2: 'to', y: 'lane' } as const
  const drawing = Plot.plot({
    ...{ document, width: 1_000, height: 60 + 22 * lanes.length, marginLeft: 170 },
    style: { color: 'var(--ink)', fontSize: '12px', fontFamily: 'system-ui, sans-serif' },
    x: { label: 'seconds; a line: SIGTERM' },
    y: { domain: lanes.map(({ label }) => label), label: null, tickSize: 0 },
    color: { type: 'identity' },
    marks: [
      Plot.barX(present, { ...bar, fill: 'var(--idle)' }),
      Plot.barX(tasks, { ...bar, fill: 'fill', title: 'tip', insetLeft: 0.4, insetRight: 0.4 }),
      Plot.tickX(stops, { x: 'at', y: 'lane', stroke: 'var(--ink)', strokeWidth: 1.5 }),
    ],
  })
  return drawing.outerHTML.replace(/^<svg([^>]*)>/, `<svg xmlns="http://www.w3.org/2000/svg"$1>${style}`)
}

function lanesOf(services: Rehearsal['services']) {
  return services.flatMap(({ name, slots, containers }, at) =>
    containers.flatMap((container, index) =>
      Array.from({ length: slots }, (_, slot) => ({
        id: idOf(container.name, slot),
        label: `${name} ${index + 1}${slots > 1 ? `, slot ${slot}` : ''}`,
        fill: `var(--c${at % 4})`,
        ...{ startedAt: container.startedAt, stoppedAt: container.stoppedAt, endedAt: container.endedAt },
      })),
    ),
  )
}

const idOf = (container: string, slot: number) => `${container} ${slot}`
