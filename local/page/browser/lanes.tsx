import { useEffect, useRef } from 'preact/hooks'
import type { Bar, Frame } from '../frame.ts'
import { barAt, draw, rowsOf } from './draw.ts'
import { type Past, windowMs } from './live.ts'

/**
 * Milliseconds from a picture to the next, if no frame comes before: smooth enough, or so seldom that it is drawn with
 * the frames alone. The processor is for the workers.
 */
const pictureMs = { smooth: 40, seldom: 1_500 }

const isRecent = (bar: Bar | undefined) => bar !== undefined && bar.to > Date.now() - windowMs

interface LanesProps {
  readonly frame: Frame
  readonly past: Past
  readonly openStory: (id: string) => void
}

/** The slots with what they do, as it happens. A click on a task opens its story; the list of tasks has the same. */
export function Lanes({ frame, past, openStory }: LanesProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const last = useRef(frame)
  const redraw = useRef<() => unknown>(() => undefined)
  last.current = frame
  useEffect(() => {
    const still = matchMedia('(prefers-reduced-motion: reduce)')
    let timer = 0
    const step = () => {
      clearTimeout(timer)
      if (canvas.current) draw(canvas.current, last.current, past)
      const { lanes, dense } = last.current
      const moves = lanes.some(({ runningSince }) => runningSince !== null) || isRecent(past.bars.at(-1))
      const pace = moves && !dense && !still.matches ? 'smooth' : 'seldom'
      timer = setTimeout(() => requestAnimationFrame(step), pictureMs[pace])
    }
    redraw.current = () => still.matches || step()
    step()
    return () => clearTimeout(timer)
  }, [past])
  useEffect(() => void redraw.current(), [frame])
  const rows = rowsOf(frame.lanes)
  const busy = rows.filter(({ runningSince }) => runningSince !== null).map(({ row }) => row)
  return (
    <section aria-labelledby="slots">
      <h2 id="slots" tabIndex={-1}>
        Slots
      </h2>
      <div class="lanes">
        <ul aria-label="Slots that consume">
          {rows.map(({ row }) => (
            <li key={row}>{row}</li>
          ))}
        </ul>
        <canvas
          ref={canvas}
          onClick={({ offsetX, offsetY, currentTarget }) => {
            const id = barAt(currentTarget, frame, past, { x: offsetX, y: offsetY })?.id
            if (id) openStory(id)
          }}
          role="img"
          aria-label={`The last seconds: a lane for each slot with its tasks, and the ready tasks. Long tasks run on: ${busy.join(', ') || 'none'}.`}
        />
        <span class="muted below">ready: {frame.queue.ready ?? '–'}</span>
      </div>
    </section>
  )
}
