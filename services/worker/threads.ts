import type { ThreadOptions } from './handler-thread.ts'
import type { Handlers, StopReason } from './handlers.ts'
import type { Reply, RunRequest } from './protocol.ts'
import { ThreadHost } from './thread-host.ts'

/** The threads of a process: one for every `slotsPerThread` slots, started when the first of those needs it. */
export class Threads implements Handlers {
  readonly #slotsPerThread: number
  readonly #options: Omit<ThreadOptions, 'shared'>
  readonly #hosts = new Map<number, ThreadHost>()

  constructor(slotsPerThread: number, options: Omit<ThreadOptions, 'shared'>) {
    this.#slotsPerThread = slotsPerThread
    this.#options = options
  }

  /** Starts the slot's thread, and resolves when it is ready or dead: until then, a task is better done elsewhere. */
  ready(slot: number): Promise<void> {
    return this.#hostOf(slot).ready
  }

  run(request: RunRequest, began: () => void): Promise<Reply> {
    began()
    return this.#hostOf(request.slot).run(request)
  }

  stop(slot: number, { reason }: StopReason): void {
    this.#hostOf(slot).stop(slot, reason)
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map((host) => host.close()))
  }

  #hostOf(slot: number): ThreadHost {
    const index = Math.floor(slot / this.#slotsPerThread)
    const host =
      this.#hosts.get(index) ?? new ThreadHost({ ...this.#options, shared: this.#slotsPerThread > 1 })
    this.#hosts.set(index, host)
    return host
  }
}
