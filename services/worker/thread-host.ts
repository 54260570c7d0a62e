import { totalmem } from 'node:os'
import { HandlerThread, type ThreadOptions } from './handler-thread.ts'
import type { Reply, RunRequest } from './protocol.ts'

/**
 * The heap that each handler thread may use, in MB. The threads share 60 % of the container's memory, so that a handler
 * that leaks ends only its own thread. The rest is for the main thread, code, and buffers, which are outside any heap.
 * Node cannot always enforce it: a single allocation far beyond the limit, such as the growth of an array of millions,
 * still ends the process (https://github.com/nodejs/node/issues/47224).
 */
export function threadHeapMb(threads: number): number {
  // 0 or an enormous number where nothing constrains the process
  const constrained = process.constrainedMemory()
  const memory = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
  return Math.floor((memory * 0.6) / threads / 2 ** 20)
}

/** The thread of one slot, or of several. One that dies, blocks or has to retire is replaced. */
export class ThreadHost {
  /** Resolves when the first thread is ready, or dead: until then, a task is better done elsewhere. */
  readonly ready: Promise<void>
  readonly #options: ThreadOptions
  /** All that have not ended. */
  readonly #threads = new Set<HandlerThread>()
  readonly #bySlot = new Map<number, HandlerThread>()
  #serving: HandlerThread | undefined
  #closed = false

  /** Starts the thread, so that it is warm when the first task arrives. */
  constructor(options: ThreadOptions) {
    this.#options = options
    // the first thread only: a module that ends its thread while it loads must not end those of other types' tasks
    this.#serving = this.#start({ preload: true })
    this.ready = this.#serving.ready
  }

  /** Runs one task. Never rejects. Must not be called before the slot's last reply. */
  run(request: RunRequest): Promise<Reply> {
    this.#serving ??= this.#start()
    this.#bySlot.set(request.slot, this.#serving)
    return this.#serving.run(request)
  }

  /** Ends the slot's running task; `run` resolves when it has ended. */
  stop(slot: number, reason: string): void {
    this.#bySlot.get(slot)?.stop(slot, reason)
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#threads].map((thread) => thread.end()))
  }

  #start({ preload = false } = {}): HandlerThread {
    const thread: HandlerThread = new HandlerThread(this.#options, preload, {
      leaves: () => {
        this.#serving = undefined
      },
      ended: (busy) => {
        this.#threads.delete(thread)
        // one that died without a task (what a handler left behind threw) is replaced at the next task, not in a loop
        if (busy && !this.#closed) this.#serving ??= this.#start()
      },
    })
    this.#threads.add(thread)
    return thread
  }
}
