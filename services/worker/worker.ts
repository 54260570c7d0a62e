import { setTimeout as pause } from 'node:timers/promises'
import type { ChannelModel } from 'amqplib'
import { type BrokerAccess, openConnection } from '../amqp/connection.ts'
import { AccessRefusedError } from '../amqp/credentials.ts'
import type { Logger } from '../contract/log.ts'
import { backoffMs } from './backoff.ts'
import type { Control } from './control.ts'
import type { WorkerState } from './health.ts'
import type { Slot } from './slot.ts'
import { timedOut } from './timed-out.ts'

/** Of its connection: who cuts the line without a word is noticed after two heartbeats. */
export const workerTiming = {
  heartbeatSeconds: 10,
  timeoutSeconds: 10,
}

/** How long handing back may take, in milliseconds: a handler's grace, its thread's end, and the broker's word. */
const handBackMs = 10_000

export interface WorkerOptions {
  readonly access: BrokerAccess
  /** What the broker shows as the connection's name. */
  readonly name: string
  readonly slots: readonly Slot[]
  readonly control: Control
  /** How long running tasks may go on once the worker drains. */
  readonly drainSeconds: number
  readonly log: Logger
}

/** All slots of a process on one connection, which is opened again whenever it is lost. */
export class Worker {
  readonly #options: WorkerOptions
  readonly #drain = new AbortController()
  #connection: ChannelModel | undefined
  #refused: AccessRefusedError | undefined
  #stuck = false

  constructor(options: WorkerOptions) {
    this.#options = options
  }

  /** Consumes until told to drain, and then until that is done. Gives the exit code: 1 when the broker refused access. */
  async run(): Promise<0 | 1> {
    const { slots, log } = this.#options
    await this.#stayConnected()
    await Promise.all(slots.map((slot) => slot.drained()))
    const lost = slots.reduce((sum, slot) => sum + slot.tasksLost, 0)
    if (lost > 0) log.error('tasks lost: the broker forgot them when it sent them', { tasks: lost })
    // a broker that does not answer any more must not hold up the exit
    await Promise.race([this.#connection?.close().catch(() => undefined), pause(5_000)])
    return this.#refused ? 1 : 0
  }

  /** Takes no more tasks, finishes those that run, or hands them back when the time is up. */
  drain(reason: string): void {
    const { slots, drainSeconds, log } = this.#options
    if (this.#drain.signal.aborted) return
    log.info('draining', { reason, running: slots.filter((slot) => slot.busy).length, seconds: drainSeconds })
    this.#drain.abort()
    for (const slot of slots) slot.drain()
    setTimeout(() => this.handBack(), drainSeconds * 1_000).unref()
  }

  /** Hands back at once what still runs. */
  handBack(): void {
    for (const slot of this.#options.slots) slot.handBack()
  }

  /**
   * Called when a handler in one of these slots cannot be stopped: hands back the tasks of all other slots. Resolves
   * when that is done, or after ten seconds. Then the process has to end, and what the stuck thread runs counts as
   * failed.
   */
  async giveUp(stuck: readonly number[], types: readonly string[]): Promise<void> {
    this.#stuck = true
    const { log } = this.#options
    const slots = this.#options.slots.filter((_, slot) => !stuck.includes(slot))
    log.error('a handler cannot be stopped: it blocks its thread outside JavaScript, so the worker ends', {
      types,
    })
    this.drain('a handler cannot be stopped')
    this.handBack()
    await timedOut(Promise.all(slots.map((slot) => slot.drained())), handBackMs)
  }

  /** Drains, since the broker refuses the user, and has `run` give 1. */
  endRefused(error: AccessRefusedError): void {
    if (this.#refused) return
    this.#refused = error
    this.#options.log.error('access refused: the secret has changed, and a restart reads the new one', {
      user: error.username,
      reason: error.message,
    })
    this.drain('access refused')
  }

  /** What the health check sees. */
  state(): WorkerState {
    const { slots } = this.#options
    const outages = slots.map((slot) => slot.outageSince).filter((since) => since !== undefined)
    return {
      refused: this.#refused !== undefined,
      stuck: this.#stuck,
      // a worker that drains is not to be judged any more
      busy: this.#drain.signal.aborted || slots.some((slot) => slot.busy),
      outageSince: outages.length > 0 ? Math.min(...outages) : undefined,
    }
  }

  async #stayConnected(): Promise<void> {
    const { log } = this.#options
    const { signal } = this.#drain
    for (let failures = 0; !signal.aborted; failures += 1) {
      const startedAt = Date.now()
      try {
        await this.#serve(signal)
      } catch (error) {
        if (error instanceof AccessRefusedError) return this.endRefused(error)
        log.warn('no connection to the broker', { failures, reason: String(error) })
      }
      // the connection lasted longer than the longest wait, so the next failure counts as the first
      if (Date.now() - startedAt > 10_000) failures = 0
      await pause(backoffMs(failures), undefined, { signal }).catch(() => undefined)
    }
  }

  /** One connection, from opening to its loss or to the drain. */
  async #serve(drain: AbortSignal): Promise<void> {
    const { access, name, slots, control, log } = this.#options
    const opening = openConnection(access, { name, ...workerTiming })
    const stopped = new Promise<undefined>((resolve) =>
      drain.addEventListener('abort', () => resolve(undefined)),
    )
    const connection = await Promise.race([opening, stopped])
    if (!connection) return
    this.#connection = connection
    const lost = new AbortController()
    const over = new Promise<void>((resolve) => {
      connection.on('close', (error?: Error) => {
        this.#connection = undefined
        lost.abort()
        if (!drain.aborted) log.warn('connection lost', { reason: error?.message ?? 'closed' })
        resolve()
      })
    })
    await Promise.race([control.follow(connection, lost.signal), stopped])
    for (const slot of slots) slot.serve(connection, lost.signal)
    await Promise.race([over, stopped])
  }
}
