import { type ChildProcess, fork } from 'node:child_process'
import type { ThreadOptions } from './handler-thread.ts'
import type { Handlers, StopReason } from './handlers.ts'
import type { FromThread, Reply, RunRequest, SlotReply, ToThread } from './protocol.ts'

/** After so many failures a task runs in quarantine. Tasks that fail only now and then are mostly done by then. */
export const quarantineFrom = 3

/** After so many milliseconds without a task the process ends, to free its memory. */
const idleMs = 60_000

export interface QuarantineSettings extends Pick<ThreadOptions, 'heapMb' | 'logLevel'> {
  readonly slotsPerThread: number
}
export type QuarantineOptions = QuarantineSettings & Pick<ThreadOptions, 'write' | 'blocked'>

interface QuarantinedTry {
  readonly request: RunRequest
  readonly began: () => void
  readonly settle: (reply: Reply) => void
  state: 'waiting' | 'beside others' | 'alone'
  stop?: StopReason
}

/**
 * Runs tasks that have failed several times in a process of their own: one that kills its process does not harm the
 * worker's other tasks. There they run side by side, as many as come, since most of them failed because something was
 * down. When their process or a shared thread dies, or is blocked until a time limit is over, each task that ran in it
 * runs once more, alone, before the worker answers the broker. So only the task that is to blame fails.
 */
export class Quarantine implements Handlers {
  readonly #options: QuarantineOptions
  /** By slot, in the order in which they came. */
  readonly #tries = new Map<number, QuarantinedTry>()
  /** One after the other, and not side by side. */
  #alone = false
  #process: ChildProcess | undefined
  #idle: NodeJS.Timeout | undefined

  constructor(options: QuarantineOptions) {
    this.#options = options
  }

  run(request: RunRequest, began: () => void): Promise<Reply> {
    const { promise, resolve } = Promise.withResolvers<Reply>()
    this.#tries.set(request.slot, { request, began, settle: resolve, state: 'waiting' })
    this.#beginNext()
    return promise
  }

  stop(slot: number, why: StopReason): void {
    const quarantined = this.#tries.get(slot)
    if (!quarantined) return
    // after a time limit the task may run once more, alone; after any other reason nobody waits for it
    if (!quarantined.stop || !why.timeLimit) quarantined.stop = why
    if (quarantined.state === 'waiting') this.#settle(slot, { outcome: 'stopped' })
    else this.#process?.send({ slot, abort: why.reason } satisfies ToThread)
  }

  /** Ends the process. */
  close(): void {
    const child = this.#process
    // a task that comes before it has ended gets another
    this.#process = undefined
    child?.kill('SIGKILL')
  }

  #in(...states: readonly QuarantinedTry['state'][]): QuarantinedTry[] {
    return [...this.#tries.values()].filter(({ state }) => states.includes(state))
  }

  #beginNext(): void {
    const waiting = this.#in('waiting')
    if (!this.#alone) {
      for (const each of waiting) this.#begin(each, 'beside others')
      return
    }
    const [next] = waiting
    if (next && this.#in('beside others', 'alone').length === 0) this.#begin(next, 'alone')
  }

  #begin(quarantined: QuarantinedTry, state: 'beside others' | 'alone'): void {
    clearTimeout(this.#idle)
    quarantined.state = state
    delete quarantined.stop
    quarantined.began()
    this.#process ??= this.#start()
    this.#process.send(quarantined.request satisfies ToThread)
  }

  #start(): ChildProcess {
    const { heapMb, logLevel, slotsPerThread, write, blocked } = this.#options
    const settings: QuarantineSettings = { heapMb, logLevel, slotsPerThread }
    const child = fork(new URL('./quarantine.mjs', import.meta.url), [JSON.stringify(settings)], {
      serialization: 'advanced',
    })
    child.on('message', (message: FromThread) => {
      if ('line' in message) write(message.line)
      else if ('blockedMs' in message) blocked(message)
      else if ('outcome' in message) this.#ended(message)
    })
    let problem: string | undefined
    child.on('error', (error) => {
      problem = error.message
      if (child.pid === undefined) this.#died(problem)
    })
    child.on('exit', (code, signal) => {
      if (this.#process === child) this.#died(problem ?? `its process ended with ${signal ?? `code ${code}`}`)
    })
    return child
  }

  #ended({ slot, ...reply }: SlotReply): void {
    const quarantined = this.#tries.get(slot)
    if (!quarantined) return
    const died = reply.outcome === 'thread-died' || (reply.outcome === 'stopped' && reply.blocked === true)
    if (died && this.#mayBeInnocent(quarantined)) this.#runAlone(quarantined)
    else this.#settle(slot, reply)
    this.#beginNext()
  }

  #died(reason: string): void {
    this.#process = undefined
    const ran = this.#in('beside others', 'alone')
    const innocent = new Set(ran.filter((each) => this.#mayBeInnocent(each)))
    for (const each of ran) {
      if (innocent.has(each)) this.#runAlone(each)
      else
        this.#settle(
          each.request.slot,
          each.stop ? { outcome: 'stopped' } : { outcome: 'thread-died', reason },
        )
    }
    this.#beginNext()
  }

  /** Others ran in what died, and somebody still waits for the task. */
  #mayBeInnocent({ state, stop }: QuarantinedTry): boolean {
    const hadCompany = this.#alone || this.#in('beside others').length > 1
    return state === 'beside others' && hadCompany && (stop === undefined || stop.timeLimit)
  }

  #runAlone(quarantined: QuarantinedTry): void {
    quarantined.state = 'waiting'
    this.#alone = true
  }

  #settle(slot: number, reply: Reply): void {
    this.#tries.get(slot)?.settle(reply)
    this.#tries.delete(slot)
    if (this.#tries.size > 0) return
    this.#alone = false
    this.#idle = setTimeout(() => this.close(), idleMs).unref()
  }
}
