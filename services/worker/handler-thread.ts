import { type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { LogLevel } from '../contract/log.ts'
import { graceMs } from './handlers.ts'
import type {
  Blocked,
  FromThread,
  Reply,
  RunRequest,
  SaidProgress,
  SlotReply,
  Spans,
  ThreadData,
  ToThread,
} from './protocol.ts'
import { timedOut } from './timed-out.ts'

/** All in milliseconds. */
const timing = {
  /** After the grace a handler's thread is retired, or ended at once where it is blocked. */
  grace: graceMs,
  /** How long the neighbours of a handler that ignored its signal may go on. Then they are handed back. */
  retirement: 60_000,
  /** After so long, a thread that was terminated is blocked outside JavaScript, where nothing but the process's end helps. */
  terminate: 3_000,
}

/** What all threads of a worker have in common. */
export interface ThreadOptions {
  readonly heapMb: number
  readonly logLevel: LogLevel
  readonly shared: boolean
  /** Where a ledger keeps it, takes what handlers say of their progress. */
  readonly progress: ((said: SaidProgress) => void) | undefined
  /** Takes the handlers' log lines. */
  readonly write: (line: string) => void
  /** Takes the spans that handlers have ended. */
  readonly spans: (spans: Spans['spans']) => void
  /** A handler has held up its neighbours. */
  readonly blocked: (blocked: Blocked) => void
  /** A thread does not end: one of these slots' handlers is blocked outside JavaScript. */
  readonly unstoppable: (slots: readonly number[], types: readonly string[]) => void
}

/** Told once each, in this order. */
export interface ThreadEvents {
  /** It takes no more tasks. */
  leaves(): void
  /** It has ended; while tasks ran in it, or not. */
  ended(busy: boolean): void
}

interface RunningTry {
  readonly type: string
  readonly settle: (reply: Reply) => void
  stop?: Stop
}

interface Stop {
  /** The worker asked for it, or only the end of a neighbour's thread. */
  by: 'worker' | 'retirement'
  readonly grace: NodeJS.Timeout
  heard: boolean
  outlived: boolean
}

/**
 * A thread that runs the handlers of one or more slots, one at a time for each, until it dies, blocks, or one of them
 * ignores its signal. How tries then end:
 *
 * | what happens | the task that caused it | the others in the thread |
 * |---|---|---|
 * | a handler goes on after its signal and the grace, and the thread answers | ends with the thread, for the reason it was stopped | go on for a minute, then are handed back, uncounted |
 * | the same, and the thread does not answer: some handler blocks it | the same | thread-died: nobody knows who blocks |
 * | the thread dies: out of memory, exit, an uncaught error | thread-died | thread-died |
 */
export class HandlerThread {
  /** Resolves when the thread is ready, or dead. */
  readonly ready: Promise<void>
  readonly #options: ThreadOptions
  readonly #events: ThreadEvents
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #tries = new Map<number, RunningTry>()
  readonly #outbox: ToThread[] = []
  #state: 'serving' | 'retired' | 'ended' = 'serving'
  #retirement: NodeJS.Timeout | undefined

  constructor(options: ThreadOptions, preload: boolean, events: ThreadEvents) {
    this.#options = options
    this.#events = events
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    const { heapMb, logLevel, shared, progress } = options
    this.#worker = new Worker(new URL('./thread.mjs', import.meta.url), {
      // V8 aborts the whole process when what survives of a large young generation exceeds the heap by too much at once
      resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 16 },
      workerData: {
        ...{ port: port2, logLevel, preload, shared },
        ledger: progress !== undefined,
      } satisfies ThreadData,
      transferList: [port2],
    })
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ready = promise
    port1.on('message', (batch: readonly FromThread[]) => {
      resolve()
      for (const message of batch) this.#receive(message)
    })
    let problem: string | undefined
    // an uncaught exception, or ERR_WORKER_OUT_OF_MEMORY; `exit` follows
    this.#worker.on('error', (error: NodeJS.ErrnoException) => {
      problem = error.code ? `${error.code}: ${error.message}` : String(error)
    })
    this.#worker.on('exit', (code) => {
      resolve()
      this.#exited(problem ?? `the handler's thread exited with code ${code}`)
    })
  }

  /** Runs one task. Never rejects. A slot must have got the last one's reply. */
  run(request: RunRequest): Promise<Reply> {
    const { promise, resolve } = Promise.withResolvers<Reply>()
    this.#tries.set(request.slot, { type: request.type, settle: resolve })
    this.#post(request)
    return promise
  }

  /** Ends the slot's running task: its signal fires, and after the grace its thread ends. `run` resolves when nothing of it runs any more. */
  stop(slot: number, reason: string): void {
    this.#stop(slot, reason, 'worker')
  }

  /** Ends the thread. Resolves when it has ended, or says that it does not. */
  async end(reason = 'the worker has stopped'): Promise<void> {
    if (this.#state === 'ended') return
    this.#leave('ended')
    const terminated = this.#worker.terminate()
    // what still runs is answered only once it does not
    if (await timedOut(terminated, timing.terminate))
      this.#options.unstoppable([...this.#tries.keys()], this.#types())
    await terminated
    this.#settleAll(reason)
  }

  #types(): string[] {
    return [...new Set([...this.#tries.values()].map(({ type }) => type))]
  }

  #leave(state: 'retired' | 'ended'): void {
    const served = this.#state === 'serving'
    this.#state = state
    if (served) this.#events.leaves()
  }

  #post(message: ToThread): void {
    this.#outbox.push(message)
    if (this.#outbox.length > 1) return
    queueMicrotask(() => this.#port.postMessage(this.#outbox.splice(0)))
  }

  #receive(message: FromThread): void {
    if ('line' in message) this.#options.write(message.line)
    else if ('spans' in message) this.#options.spans(message.spans)
    else if ('blockedMs' in message) this.#options.blocked(message)
    else if ('progressOf' in message) this.#options.progress?.(message)
    else if ('outcome' in message) this.#ended(message)
    if (!('heard' in message)) return
    const stop = this.#tries.get(message.heard)?.stop
    if (stop) stop.heard = true
  }

  #stop(slot: number, reason: string, by: Stop['by']): void {
    const running = this.#tries.get(slot)
    if (!running) return
    if (running.stop) {
      if (by === 'worker') running.stop.by = by
      return
    }
    this.#post({ slot, abort: reason })
    const grace = setTimeout(() => this.#outlived(slot), timing.grace)
    running.stop = { by, grace, heard: false, outlived: false }
  }

  #outlived(slot: number): void {
    const stop = this.#tries.get(slot)?.stop
    if (!stop) return
    stop.outlived = true
    if (stop.heard) this.#retire()
    else this.#endBlocked()
  }

  #retire(): void {
    this.#leave('retired')
    this.#retirement ??= setTimeout(() => {
      for (const each of this.#tries.keys()) this.#stop(each, 'its thread is being replaced', 'retirement')
    }, timing.retirement)
    this.#endIfAllOutlived()
  }

  #endBlocked(): void {
    const types = this.#types()
    if (this.#options.shared) this.#options.blocked({ blockedMs: timing.grace, types })
    void this.end(`a handler blocked its thread; in it ran: ${types.join(', ')}`)
  }

  /** A retired thread ends as soon as nobody runs in it but who ignored the signal. */
  #endIfAllOutlived(): void {
    if (this.#state !== 'retired') return
    if ([...this.#tries.values()].every(({ stop }) => stop?.outlived)) void this.end()
  }

  #ended({ slot, ...reply }: SlotReply): void {
    if (this.#state === 'ended') return
    this.#settle(slot, reply, '')
    this.#endIfAllOutlived()
  }

  #exited(reason: string): void {
    // what it said last may still be under way
    for (let last = receiveMessageOnPort(this.#port); last; last = receiveMessageOnPort(this.#port)) {
      for (const message of last.message as FromThread[]) this.#receive(message)
    }
    this.#port.close()
    clearTimeout(this.#retirement)
    if (this.#state === 'ended') return
    this.#leave('ended')
    this.#settleAll(reason)
  }

  #settleAll(reason: string): void {
    const busy = this.#tries.size > 0
    for (const slot of [...this.#tries.keys()]) this.#settle(slot, undefined, reason)
    this.#events.ended(busy)
  }

  #settle(slot: number, reply: Reply | undefined, reason: string): void {
    const running = this.#tries.get(slot)
    if (!running) return
    this.#tries.delete(slot)
    clearTimeout(running.stop?.grace)
    running.settle(replyTo(running.stop, reply, reason))
  }
}

/** How a try ended: by its own reply, or, where there is none, with its thread. */
function replyTo(stop: Stop | undefined, reply: Reply | undefined, reason: string): Reply {
  if (reply && reply.outcome !== 'stopped') return reply
  if (stop?.by === 'worker') return { outcome: 'stopped', blocked: !reply && !stop.heard }
  if (stop && (reply || stop.heard))
    return { outcome: 'handed-back', reason: 'a task that ran beside it ignored its signal' }
  return { outcome: 'thread-died', reason }
}
