import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { watch } from 'chokidar'
import { orAborted } from '../ops/command-line/lifecycle.ts'

/** What changes below a folder. */
export interface Changes {
  /** Waits until something has changed since the last time, and nothing more for a moment. */
  next(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** Editors write a file in several steps, and formatters once more. */
const momentMs = 100

/** Sees what changes from when it resolves on, whether or not anybody waits for it. */
export async function watchChanges(folder: string): Promise<Changes> {
  // not node's own: its recursive watch loses a file that an editor replaces by another
  const watcher = watch(folder, { ignoreInitial: true })
  let seen = 0
  let first = Promise.withResolvers<void>()
  watcher.on('all', () => {
    seen += 1
    first.resolve()
  })
  // before that, a change is taken for what was there
  await once(watcher, 'ready')
  return {
    async next(signal) {
      await orAborted(first.promise, signal)
      for (let before = -1; before !== seen; await pause(momentMs)) before = seen
      first = Promise.withResolvers()
    },
    close: () => watcher.close(),
  }
}
