import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '../../../client/src/client.ts'
import type { NewTask } from '../../../client/src/task.ts'
import { askQueueDepth } from '../../../local/producer-process.ts'

/** Tasks that wait at any time, and how often they are made as many again. */
const waiting = 2_000
const everyMs = 250

/**
 * Milliseconds of a sleep task. Six slots that wait as long and six that wait twice as long, with the one or two that
 * a task takes beside, are then good for a little over a thousand tasks a second.
 */
const taskMs = 7

/** A load that always has something to do for every slot, from the producer to the last one. */
export interface Load {
  /** Tasks that the producer has accepted. */
  readonly accepted: number
  /** Fires when the run is stopped, and when the load ends by itself: the workers would stand idle. */
  readonly signal: AbortSignal
  /** Ends it, and waits until the queue is empty. */
  stop(): Promise<void>
}

export function startLoad(endpoint: string, signal: AbortSignal): Load {
  const client = createClient({ endpoint })
  let accepted = 0
  const stopped = new AbortController()
  const ready = async () => (await askQueueDepth(endpoint, signal)).ready
  const run = async () => {
    while (!stopped.signal.aborted) {
      const missing = Math.min(1_000, waiting - (await ready()))
      const tasks = Array.from({ length: missing }, (_, index): NewTask => {
        return { id: `views-${accepted + index}`, type: 'sleep', payload: { ms: taskMs } }
      })
      if (tasks.length > 0) await client.sendBatch(tasks, { signal })
      accepted += tasks.length
      await pause(everyMs, undefined, { signal })
    }
  }
  const ended = run()
  const failed = new AbortController()
  ended.catch((error) => failed.abort(error))
  return {
    get accepted() {
      return accepted
    },
    signal: AbortSignal.any([signal, failed.signal]),
    async stop() {
      stopped.abort()
      await ended
      while ((await ready()) > 0) await pause(everyMs, undefined, { signal })
    },
  }
}
