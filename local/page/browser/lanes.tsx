import { useEffect, useRef } from 'preact/hooks'
import type { Frame } from '../frame.ts'
import { draw, rowsOf } from './draw.ts'
import type { Past } from './live.ts'

/** Milliseconds from a picture to the next: smooth enough, and the processor is for the workers. */
const pictureMs = 40

/** The slots with what they do, as it happens. */
export function Lanes({ frame, past }: { readonly frame: Frame; readonly past: Past }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const last = useRef(frame)
  last.current = frame
  useEffect(() => {
    const still = matchMedia('(prefers-reduced-motion: reduce)')
    let handle = 0
    let drawnAt = 0
    const step = (at: number) => {
      handle = requestAnimationFrame(step)
      if (at - drawnAt < (still.matches ? 1_000 : pictureMs)) return
      drawnAt = at
      if (canvas.current) draw(canvas.current, last.current, past)
    }
    step(0)
    return () => cancelAnimationFrame(handle)
  }, [past])
  const rows = rowsOf(frame.lanes)
  const busy = rows.filter(({ runningSince }) => runningSince !== null).map(({ row }) => row)
  return (
    <section aria-labelledby="lanes">
      <h2 id="lanes">Slots</h2>
      <div class="lanes">
        <ul aria-label="Slots that consume">
          {rows.map(({ row }) => (
            <li key={row}>{row}</li>
          ))}
        </ul>
        <canvas
          ref={canvas}
          role="img"
          aria-label={`The last seconds: a lane for each slot with its tasks, and the ready tasks. Long tasks run on: ${busy.join(', ') || 'none'}.`}
        />
        <span class="muted below">ready: {frame.queue.ready ?? '–'}</span>
      </div>
    </section>
  )
}
