import { type ChildProcess, fork } from 'node:child_process'
import type { ThreadOptions } from './handler-thread.ts'
import type { Handlers, StopReason } from './handlers.ts'
import type { FromThread, Reply, RunRequest, SlotReply, ToThread } from './protocol.ts'

/** After so many failures a task runs in quarantine. Tasks that fail only now and then are mostly done by then. */
export const quarantineFrom = 3

/** After so many milliseconds without a task the process ends, to free its memory. */
const idleMs = 60_000

/** A task that nothing in quarantine speaks against may run beside all others. */
const unlimited = Number.POSITIVE_INFINITY

export interface QuarantineSettings extends Pick<ThreadOptions, 'heapMb' | 'logLevel'> {
  readonly slotsPerThread: number
  /** A ledger keeps what handlers return and say of their progress. */
  readonly ledger: boolean
}
export type QuarantineOptions = Omit<QuarantineSettings, 'ledger'> &
  Pick<ThreadOptions, 'write' | 'blocked' | 'progress' | 'spans'>

interface QuarantinedTry {
  readonly request: RunRequest
  readonly began: () => void
  readonly settle: (reply: Reply) => void
  state: 'waiting' | 'running'
  /** With how many it may run side by side, itself counted: fewer each time that what it ran in died. */
  company: number
  stop?: StopReason
}

/**
 * Runs tasks that have failed several times in a process of their own: one that kills its process does not harm the
 * worker's other tasks. There they run side by side, as many as come, since most of them failed because something was
 * down. When their process or a shared thread dies, or is blocked until a time limit is over, the tasks that ran in it
 * run again, before the worker answers the broker: first in groups as large as the square root of their number, then
 * the group in which it happened again one by one. So only the task that is to blame fails, 250 tasks need some 30
 * rounds, and none starts more than three times.
 */
export class Quarantine implements Handlers {
  readonly #options: QuarantineOptions
  /** By slot, in the order in which they came. */
  readonly #tries = new Map<number, QuarantinedTry>()
  #process: ChildProcess | undefined
  #idle: NodeJS.Timeout | undefined

  constructor(options: QuarantineOptions) {
    this.#options = options
  }

  run(request: RunRequest, began: () => void): Promise<Reply> {
    const { promise, resolve } = Promise.withResolvers<Reply>()
    this.#tries.set(request.slot, { request, began, settle: resolve, state: 'waiting', company: unlimited })
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

  #in(state: QuarantinedTry['state']): QuarantinedTry[] {
    return [...this.#tries.values()].filter((each) => each.state === state)
  }

  /** Suspects first, the smallest groups before all, and nobody beside them. */
  #beginNext(): void {
    const company = Math.min(...[...this.#tries.values()].map((each) => each.company))
    if (company < unlimited && this.#in('running').length > 0) return
    const next = this.#in('waiting').filter((each) => each.company === company)
    for (const each of next.slice(0, company)) this.#begin(each)
  }

  #begin(quarantined: QuarantinedTry): void {
    clearTimeout(this.#idle)
    quarantined.state = 'running'
    delete quarantined.stop
    quarantined.began()
    this.#process ??= this.#start()
    this.#process.send(quarantined.request satisfies ToThread)
  }

  #start(): ChildProcess {
    const { heapMb, logLevel, slotsPerThread, write, blocked, progress, spans } = this.#options
    const ledger = progress !== undefined
    const settings: QuarantineSettings = { heapMb, logLevel, slotsPerThread, ledger }
    const child = fork(new URL('./quarantine.mjs', import.meta.url), [JSON.stringify(settings)], {
      serialization: 'advanced',
    })
    child.on('message', (message: FromThread) => {
      if ('line' in message) write(message.line)
      else if ('spans' in message) spans(message.spans)
      else if ('blockedMs' in message) blocked(message)
      else if ('progressOf' in message) progress?.(message)
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
    if (died && this.#mayBeInnocent(quarantined)) this.#suspect(quarantined, this.#tries.size)
    else this.#settle(slot, reply)
    this.#beginNext()
  }

  #died(reason: string): void {
    this.#process = undefined
    const ran = this.#in('running')
    const innocent = new Set(ran.filter((each) => this.#mayBeInnocent(each)))
    for (const each of ran) {
      if (innocent.has(each)) this.#suspect(each, ran.length)
      else
        this.#settle(
          each.request.slot,
          each.stop ? { outcome: 'stopped' } : { outcome: 'thread-died', reason },
        )
    }
    this.#beginNext()
  }

  /** Others ran in what died, and somebody still waits for the task. */
  #mayBeInnocent({ company, stop }: QuarantinedTry): boolean {
    const hadCompany = company > 1 && this.#tries.size > 1
    return hadCompany && (stop === undefined || stop.timeLimit)
  }

  #suspect(quarantined: QuarantinedTry, beside: number): void {
    quarantined.state = 'waiting'
    quarantined.company = quarantined.company === unlimited ? Math.floor(Math.sqrt(beside)) : 1
  }

  #settle(slot: number, reply: Reply): void {
    this.#tries.get(slot)?.settle(reply)
    this.#tries.delete(slot)
    if (this.#tries.size > 0) return
    this.#idle = setTimeout(() => this.close(), idleMs).unref()
  }
}
