import { totalmem } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { LogLevel } from '../contract/log.ts'
import type { AbortRequest, LogLine, Ready, Reply, RunRequest, ThreadData } from './protocol.ts'

/** How long a handler may go on after its signal fired, in milliseconds. Then its thread is terminated. */
const graceMs = 5_000

/** What all threads of a worker have in common. */
export interface ThreadOptions {
  readonly heapMb: number
  readonly logLevel: LogLevel
  /** Takes the handlers' log lines. */
  readonly write: (line: string) => void
}

/**
 * The heap that each handler thread may use, in MB: 60 % of the container's memory shared among the slots, so that a
 * handler that leaks ends its own thread and not its neighbours. The rest is for the main thread, code, and buffers,
 * which count toward no heap. n.b. Node does its best only: a single allocation far beyond the limit, such as the
 * growth of an array of millions, still ends the process (https://github.com/nodejs/node/issues/47224).
 */
export function threadHeapMb(slots: number): number {
  // 0 or an enormous number where nothing constrains the process
  const constrained = process.constrainedMemory()
  const memory = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
  return Math.floor((memory * 0.6) / slots / 2 ** 20)
}

/** One thread that runs one handler at a time. A thread that dies is replaced, and so is one that had to be terminated. */
export class ThreadHost {
  /** Resolves when the first thread is ready, or dead: until then, a task is better done elsewhere. */
  readonly ready: Promise<void>
  readonly #options: ThreadOptions
  #worker: Worker | undefined
  #settle: ((reply: Reply) => void) | undefined
  #grace: NodeJS.Timeout | undefined
  #closed = false

  /** Starts the thread, so that it is warm when the first task arrives. */
  constructor(options: ThreadOptions) {
    this.#options = options
    // n.b. the first thread only: a module that ends its thread while it loads must not end those of other types' tasks
    const worker = this.#spawn({ preload: true })
    this.#worker = worker
    this.ready = new Promise((resolve) => {
      worker.once('message', () => resolve())
      worker.once('exit', () => resolve())
    })
  }

  /** Runs one task. Never rejects. Must not be called before the last one's reply. */
  run(request: RunRequest): Promise<Reply> {
    const { promise, resolve } = Promise.withResolvers<Reply>()
    this.#settle = resolve
    this.#worker ??= this.#spawn()
    this.#worker.postMessage(request)
    return promise
  }

  /** Ends the running task: its signal fires, and after the grace its thread is terminated. `run` resolves when it has ended. */
  stop(reason: string): void {
    if (!this.#settle || this.#grace) return
    this.#worker?.postMessage({ abort: reason } satisfies AbortRequest)
    this.#grace = setTimeout(() => void this.#terminate(), graceMs)
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#worker?.terminate()
  }

  async #terminate(): Promise<void> {
    const worker = this.#worker
    // forgotten first: nothing that it still says or does may touch the next task
    this.#worker = undefined
    await worker?.terminate()
    this.#end({ outcome: 'stopped' })
  }

  #spawn({ preload = false } = {}): Worker {
    const { heapMb, logLevel } = this.#options
    const worker = new Worker(new URL('./thread.mjs', import.meta.url), {
      // V8 aborts the whole process when what survives of a large young generation exceeds the heap by too much at once
      resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 16 },
      workerData: { logLevel, preload } satisfies ThreadData,
    })
    let problem: string | undefined
    worker.on('message', (message: Ready | Reply | LogLine) => {
      if ('line' in message) this.#options.write(message.line)
      else if ('outcome' in message && worker === this.#worker) this.#end(message)
    })
    // an uncaught exception, or ERR_WORKER_OUT_OF_MEMORY; `exit` follows
    worker.on('error', (error: NodeJS.ErrnoException) => {
      problem = error.code ? `${error.code}: ${error.message}` : String(error)
    })
    worker.on('exit', (code) => {
      if (worker !== this.#worker || this.#closed) return
      this.#worker = undefined
      const reason = problem ?? `the handler's thread exited with code ${code}`
      this.#end(this.#grace ? { outcome: 'stopped' } : { outcome: 'thread-died', reason })
    })
    return worker
  }

  #end(reply: Reply): void {
    clearTimeout(this.#grace)
    this.#grace = undefined
    const settle = this.#settle
    this.#settle = undefined
    // a thread that died without a task (what a handler left behind threw) is replaced at the next task, not in a loop
    if (settle) this.#worker ??= this.#spawn()
    settle?.(reply)
  }
}
