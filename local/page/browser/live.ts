import { useEffect, useState } from 'preact/hooks'
import type { Mode } from '../../crew-settings.ts'
import type { Bar, Frame, TaskForm } from '../frame.ts'

/** How far back the picture goes, in milliseconds. */
export const windowMs = 30_000

/** What the picture is drawn of, beside the last frame. Kept outside of components: it changes without a new rendering. */
export interface Past {
  bars: Bar[]
  ready: { readonly at: number; readonly ready: number }[]
  /** When the workers were set otherwise. */
  switches: { readonly at: number; readonly mode: Mode }[]
  done: { readonly at: number; readonly done: number }[]
  /** What the server's clock is ahead of this one, in milliseconds. */
  aheadMs: number
}

/** All that the page shows. */
export interface Live {
  readonly frame: Frame | undefined
  readonly forms: readonly TaskForm[]
  /** False when `npm run dev` has ended. */
  readonly connected: boolean
}

/** Follows the server. */
export function useLive(past: Past): Live {
  const [live, setLive] = useState<Live>({ frame: undefined, forms: [], connected: true })
  useEffect(() => {
    const events = new EventSource(`feed${location.search}`)
    const on = (name: string, take: (data: string) => Partial<Live>) =>
      events.addEventListener(name, (event) => {
        const news = take((event as MessageEvent<string>).data)
        setLive((before) => ({ ...before, connected: true, ...news }))
      })
    let mode: Mode | undefined
    on('frame', (data) => {
      const frame = JSON.parse(data) as Frame
      remember(past, frame)
      if (mode !== undefined && mode !== frame.mode) past.switches.push(frame)
      mode = frame.mode
      return { frame }
    })
    on('forms', (data) => ({ forms: JSON.parse(data) }))
    events.onerror = () => setLive((before) => ({ ...before, connected: false }))
    return () => events.close()
  }, [past])
  return live
}

/** Tasks done, in all modes and classes. */
export function doneIn({ shares }: Frame): number {
  return shares.reduce((sum, { done }) => sum + done, 0)
}

function remember(past: Past, frame: Frame): void {
  const { at, queue, bars } = frame
  const since = at - windowMs
  past.aheadMs = at - Date.now()
  past.bars = [...past.bars.filter(({ to }) => to > since), ...bars]
  past.switches = past.switches.filter((change) => change.at > since)
  past.done = [...past.done.filter((earlier) => earlier.at > at - 5_000), { at, done: doneIn(frame) }]
  if (queue.ready === null || past.ready.at(-1)?.ready === queue.ready) return
  // one from before the window says how it began
  const before = past.ready.findLastIndex((earlier) => earlier.at <= since)
  past.ready = [...past.ready.slice(Math.max(0, before)), { at, ready: queue.ready }]
}
