import type { Blocked } from './protocol.ts'

/** How often the event loop is looked at, and how late it must be for somebody to have blocked it; in milliseconds. */
const everyMs = 250
const blockedMs = 1_000

/** Told of each try, so that it knows who may have been it. */
export interface BlockWatch {
  began(type: string): void
  ended(type: string): void
}

/**
 * Says when the thread's event loop stood still for a second or more, and which types of tasks ran meanwhile. Where
 * slots share a thread, each of them waited for it.
 */
export function watchForBlocks(say: (blocked: Blocked) => void): BlockWatch {
  const running = new Map<string, number>()
  /** Since the loop was last looked at. */
  const ran = new Set<string>()
  let last = performance.now()
  const count = (type: string, change: number) => {
    const now = (running.get(type) ?? 0) + change
    if (now > 0) running.set(type, now)
    else running.delete(type)
    ran.add(type)
  }
  setInterval(() => {
    const now = performance.now()
    const late = Math.round(now - last - everyMs)
    last = now
    if (late >= blockedMs) say({ blockedMs: late, types: [...ran] })
    ran.clear()
    for (const type of running.keys()) ran.add(type)
  }, everyMs).unref()
  return { began: (type) => count(type, 1), ended: (type) => count(type, -1) }
}
