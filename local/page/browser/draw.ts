import { modes } from '../../crew-settings.ts'
import type { Bar, Frame, Lane } from '../frame.ts'
import { type Past, windowMs } from './live.ts'

/** Heights in CSS pixels; page.css has them too. */
export const rowPx = 30
export const readyPx = 56
const axisPx = 20

/** So late that what is drawn has arrived: what runs is told after a quarter of a second, and frames come at a fifth. */
const lateMs = 500

/** The lanes in their order, those of leaving workers with those of their successors. */
export function rowsOf(lanes: readonly Lane[]): readonly Lane[] {
  const rows = new Map<string, Lane>()
  for (const lane of lanes) if (!lane.leaving || !rows.has(lane.row)) rows.set(lane.row, lane)
  return [...rows.values()].toSorted(
    (a, b) => b.class.localeCompare(a.class) || a.row.localeCompare(b.row, undefined, { numeric: true }),
  )
}

/** Draws the last seconds: a lane per slot, then the ready tasks. */
export function draw(canvas: HTMLCanvasElement, frame: Frame, past: Past): void {
  const rows = rowsOf(frame.lanes).map(({ row }) => row)
  const width = canvas.clientWidth
  const height = rows.length * rowPx + readyPx + axisPx
  const ratio = devicePixelRatio
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio)
    canvas.height = Math.round(height * ratio)
    canvas.style.height = `${height}px`
  }
  const context = canvas.getContext('2d')
  if (!context) return
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.clearRect(0, 0, width, height)
  const style = getComputedStyle(canvas)
  const { now, shownMs } = shownTime(width, past)
  const picture: Picture = {
    ...{ context, width, now, shownMs },
    colour: (name) => style.getPropertyValue(`--${name}`),
    x: (at) => width * (1 - (now - at) / shownMs),
  }
  const top = (row: string) => rows.indexOf(row) * rowPx
  for (const lane of frame.lanes) drawLane(picture, lane, top(lane.row))
  for (const bar of past.bars) {
    if (!rows.includes(bar.row)) continue
    const colour = picture.colour(bar.failed ? 'dead' : (bar.row.split(' ')[0] ?? ''))
    drawBar(picture, { ...bar, colour, top: top(bar.row) })
  }
  drawReady(picture, past, rows.length * rowPx)
  drawAxis(picture, past, height)
}

/** The moment at the right edge, and how much there is before it. On a phone a second is to have some room too. */
function shownTime(width: number, { aheadMs }: Past) {
  return { now: Date.now() + aheadMs - lateMs, shownMs: width < 420 ? windowMs / 2 : windowMs }
}

/** What is drawn at a place of the picture, with a little room for a finger. */
export function barAt(
  canvas: HTMLCanvasElement,
  frame: Frame,
  past: Past,
  { x, y }: { readonly x: number; readonly y: number },
): Bar | undefined {
  const row = rowsOf(frame.lanes)[Math.floor(y / rowPx)]?.row
  const { now, shownMs } = shownTime(canvas.clientWidth, past)
  const msPerPx = shownMs / canvas.clientWidth
  const at = now - shownMs + x * msPerPx
  const near = past.bars.filter(
    (bar) => bar.row === row && bar.from - 4 * msPerPx <= at && at <= bar.to + 4 * msPerPx,
  )
  return near.findLast((bar) => bar.from <= at) ?? near[0]
}

interface Picture {
  readonly context: CanvasRenderingContext2D
  readonly width: number
  /** The moment at the right edge. */
  readonly now: number
  readonly shownMs: number
  readonly colour: (name: string) => string
  readonly x: (at: number) => number
}

function drawLane(picture: Picture, lane: Lane, top: number): void {
  const { context, x, now, colour, width } = picture
  if (!lane.leaving) {
    const left = Math.max(0, x(lane.from))
    context.fillStyle = colour('idle')
    context.fillRect(left, top + 3, width - left, rowPx - 6)
  }
  if (lane.runningSince === null) return
  const running = { from: lane.runningSince, to: now, tries: 1, leaving: lane.leaving }
  drawBar(picture, { ...running, colour: colour(lane.class), top, alpha: 0.6 })
}

interface DrawnBar {
  readonly from: number
  readonly to: number
  readonly tries: number
  /** Those of a worker that leaves are thin: another has taken the lane over. */
  readonly leaving: boolean
  readonly colour: string
  readonly top: number
  readonly alpha?: number
}

function drawBar(
  { context, x }: Picture,
  { from, to, tries, leaving, colour, top, alpha = 1 }: DrawnBar,
): void {
  const [left, right] = [x(from), x(to)]
  if (right < 0) return
  context.globalAlpha = alpha
  context.fillStyle = colour
  const [y, height] = leaving ? [top + rowPx - 9, 6] : [top + 3, rowPx - 6]
  context.beginPath()
  // many short ones are drawn through, a long one has an edge
  if (tries > 1) context.rect(left, y, Math.max(0.5, right - left), height)
  else context.roundRect(left + 0.5, y, Math.max(0.5, right - left - 1), height, 2)
  context.fill()
  context.globalAlpha = 1
}

function drawReady({ context, x, width, colour }: Picture, { ready }: Past, top: number): void {
  const max = Math.max(10, ...ready.map((point) => point.ready))
  const bottom = top + readyPx
  const y = (count: number) => bottom - ((readyPx - 18) * count) / max
  context.fillStyle = colour('again')
  for (const [index, { at, ready: count }] of ready.entries()) {
    const left = Math.max(0, x(at))
    const next = ready[index + 1]
    const right = next === undefined ? width : Math.min(width, x(next.at))
    if (right > left) context.fillRect(left, y(count), right - left, bottom - y(count))
  }
  context.strokeStyle = colour('line')
  context.strokeRect(0, bottom + 0.5, width, 0)
}

function drawAxis(
  { context, x, now, shownMs, colour, width }: Picture,
  { switches }: Past,
  height: number,
): void {
  context.font = '12px system-ui, sans-serif'
  context.fillStyle = colour('muted')
  for (let ago = 5_000; ago < shownMs; ago += 5_000) {
    context.textAlign = 'center'
    context.fillText(`${ago / 1_000} s ago`, x(now - ago), height - 5)
  }
  context.textAlign = 'right'
  context.fillText('now', width, height - 5)
  context.strokeStyle = context.fillStyle = colour('ink')
  context.setLineDash([3, 3])
  for (const { at, mode } of switches) {
    const left = Math.round(x(at)) + 0.5
    context.beginPath()
    context.moveTo(left, 0)
    context.lineTo(left, height - axisPx)
    context.stroke()
    context.fillText(modes[mode].title, left - 4, height - axisPx - readyPx + 14)
  }
  context.setLineDash([])
}
