import { useEffect, useState } from 'preact/hooks'
import type { Mode } from '../../crew-settings.ts'
import type { Bar, Frame, TaskForm } from '../frame.ts'
import type { QueueLookFrame } from '../look.ts'

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

/** All that the page shows: a frame of `npm run dev`, or a look at a deployed queue. */
export interface Live {
  readonly frame: Frame | undefined
  readonly look: QueueLookFrame | undefined
  /** Why there is no newer look; empty where there is one. */
  readonly problem: string
  readonly forms: readonly TaskForm[]
  /** False when what serves the page has ended. */
  readonly connected: boolean
}

const nothing: Live = { frame: undefined, look: undefined, problem: '', forms: [], connected: true }

/** Follows the server while the page is seen. */
export function useLive(past: Past): Live {
  const [live, setLive] = useState<Live>(nothing)
  useEffect(() => {
    let events: EventSource | undefined
    const change = (news: Partial<Live>) => setLive((before) => ({ ...before, connected: true, ...news }))
    const follow = () => {
      events?.close()
      events = document.hidden ? undefined : listen(past, change)
    }
    follow()
    document.addEventListener('visibilitychange', follow)
    return () => {
      document.removeEventListener('visibilitychange', follow)
      events?.close()
    }
  }, [past])
  return live
}

function listen(past: Past, change: (news: Partial<Live>) => void): EventSource {
  const events = new EventSource(`feed${location.search}`)
  const on = (name: string, take: (data: string) => Partial<Live>) =>
    events.addEventListener(name, (event) => change(take((event as MessageEvent<string>).data)))
  let mode: Mode | undefined
  on('frame', (data) => {
    const frame = JSON.parse(data) as Frame
    remember(past, frame)
    if (mode !== undefined && mode !== frame.mode) past.switches.push(frame)
    mode = frame.mode
    return { frame }
  })
  on('look', (data) => ({ look: JSON.parse(data), problem: '' }))
  on('problem', (data) => ({ problem: JSON.parse(data) }))
  on('forms', (data) => ({ forms: JSON.parse(data) }))
  events.onerror = () => change({ connected: false })
  return events
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
