import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { colours } from '../../../local/colours.ts'
import { seconds } from '../experiments/catalogue.ts'
import { type Bar, type Facts, isQuiet, type WorkerClass, workerClasses } from '../experiments/facts.ts'

/** One strip of a picture: an experiment's name and what came of it. */
export interface Strip {
  readonly title: string
  readonly facts: Facts
}

/**
 * Experiments as one drawing: a lane per worker, a bar per task, time to the right and the same for all strips; what
 * is left of a lane is idle time. The dashed line is the best possible makespan.
 *
 * @param end of the time axis in milliseconds
 */
export function gantt(strips: readonly Strip[], end: number): string {
  // Plot draws into a document, which Node does not have
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const lane = { fy: 'strip', y: 'worker' } as const
  const drawing = Plot.plot({
    document,
    width: 880,
    height: strips.length * 104 + 28,
    ...{ marginLeft: 46, marginRight: 44, marginTop: 34, marginBottom: 22 },
    style: { color: 'var(--ink)', fontSize: '13px', fontFamily: 'system-ui, sans-serif' },
    x: { domain: [0, end / 1_000], label: null, tickSize: 3, tickFormat: (at: number) => `${at} s` },
    y: { domain: [...workerClasses], label: null, tickSize: 0, padding: 0.16 },
    fy: { domain: strips.map(({ title }) => title), axis: null, padding: 0.36 },
    marks: [
      Plot.barX(strips.flatMap(idle), { ...lane, x1: 'from', x2: 'to', fill: 'var(--idle)' }),
      Plot.barX(strips.flatMap(tasks), {
        ...lane,
        ...{ x1: 'from', x2: 'to', fill: 'fill', title: 'tip', insetLeft: 0.5, insetRight: 0.5, rx: 1.5 },
      }),
      Plot.ruleX(
        strips.map(({ title, facts }) => ({ strip: title, at: facts.optimumMs / 1_000 })),
        { fy: 'strip', x: 'at', stroke: 'var(--ink)', strokeDasharray: '3 3', strokeOpacity: 0.7 },
      ),
      ...[...words(strips)],
    ],
    color: { type: 'identity' },
  })
  return drawing.outerHTML
}

/** The drawing as a file of its own. */
export function picture(strips: readonly Strip[], end: number): string {
  const svg = gantt(strips, end)
  const style = `<style>${colours} svg { background: var(--page); }</style>`
  return svg.replace(/^<svg([^>]*)>/, `<svg xmlns="http://www.w3.org/2000/svg"$1>${style}`)
}

/** The last moment of all strips, in milliseconds. */
export function lastMoment(strips: readonly Strip[]): number {
  const moments = strips.flatMap(({ facts }) => [facts.makespanMs, facts.optimumMs])
  return Math.max(1, ...moments.filter(Number.isFinite))
}

function* words(strips: readonly Strip[]) {
  const heading = { fy: 'strip', frameAnchor: 'top-left', text: 'text', dy: -16, dx: -40 } as const
  const titles = strips.map(({ title, facts }) => ({
    ...{ strip: title, text: title },
    figures: `${seconds(facts.makespanMs)}, best possible ${seconds(facts.optimumMs)}`,
  }))
  yield Plot.text(titles, { ...heading, fontWeight: 600, textAnchor: 'start' })
  yield Plot.text(titles, {
    ...{
      ...heading,
      frameAnchor: 'top-right',
      dx: 40,
      text: 'figures',
      textAnchor: 'end',
      fill: 'var(--muted)',
    },
  })
  const after = { fy: 'strip', y: 'worker', x: 'to', text: 'text', dx: 6, textAnchor: 'start' } as const
  const counts = strips.flatMap((strip) =>
    idle(strip).map((lane) => ({ ...lane, text: `${strip.facts.split[lane.worker]}` })),
  )
  yield Plot.text(
    counts.filter(({ killed }) => !killed),
    { ...after, fontWeight: 600 },
  )
  const deaths = counts.filter(({ killed }) => killed)
  yield Plot.text(deaths, { ...after, fill: 'var(--dead)', fontWeight: 600, text: death })
}

function death({ text, lost }: { readonly text: string; readonly lost: number }): string {
  return `✕ killed after ${text}, ${lost === 0 ? 'nothing' : `${lost} tasks`} lost`
}

/** The time in which a worker was there. */
function idle({ title, facts: { joinedMs, killedMs, makespanMs, lost } }: Strip) {
  return workerClasses.map((worker: WorkerClass) => {
    const killed = worker === 'slow' && killedMs !== undefined
    const [from, to] = [Math.min(joinedMs[worker], makespanMs), killed ? killedMs : makespanMs]
    return { strip: title, worker, killed, lost, from: from / 1_000, to: to / 1_000 }
  })
}

function tasks({ title, facts }: Strip) {
  return facts.bars.map((bar) => ({
    ...{ strip: title, worker: bar.worker, from: bar.start / 1_000, to: bar.end / 1_000 },
    fill: fill(bar),
    tip: `${bar.number === 0 ? 'a task' : `task ${bar.number}`}: ${bar.kind}, ${Math.round(bar.end - bar.start)} ms`,
  }))
}

function fill(bar: Bar): string {
  const { kind, worker } = bar
  if (kind === 'interrupted' || kind === 'failed') return 'var(--dead)'
  if (isQuiet(bar)) return 'var(--quiet)'
  return kind === 'repeated' ? 'var(--again)' : `var(--${worker})`
}
