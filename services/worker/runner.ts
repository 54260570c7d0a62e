import type { ConsumeMessage } from 'amqplib'
import type { DecodedEnvelope } from '../contract/task.ts'
import type { TaskType } from '../contract/task-type.ts'
import type { Ending } from './outcome.ts'
import type { ThreadHost } from './thread-host.ts'

/** Runs tasks on a slot's thread, each within the time that its type allows. */
export class Runner {
  readonly #types: ReadonlyMap<string, TaskType>
  readonly #thread: ThreadHost
  #running = false
  #stopped: Ending | undefined

  constructor(types: ReadonlyMap<string, TaskType>, thread: ThreadHost) {
    this.#types = types
    this.#thread = thread
  }

  /** Resolves when tasks can be run without waiting for the thread. */
  get ready(): Promise<void> {
    return this.#thread.ready
  }

  /** Runs one task and says how it ended. Never rejects. One at a time. */
  async run(envelope: DecodedEnvelope, { content }: ConsumeMessage, deliveryCount: number): Promise<Ending> {
    if (!envelope.ok) {
      return {
        outcome: envelope.problem === 'newer' ? 'unknown-type' : 'unreadable',
        reason: envelope.reason,
      }
    }
    const { id, type, traceparent } = envelope.task
    const declared = this.#types.get(type)
    if (!declared)
      return { outcome: 'unknown-type', reason: `this worker has no task type ${JSON.stringify(type)}` }
    const { timeoutSeconds } = declared
    this.#stopped = undefined
    this.#running = true
    const running = this.#thread.run({
      id,
      type,
      deliveryCount,
      traceparent,
      content: content.toString('latin1'),
    })
    const timeout = setTimeout(() => {
      this.stop({
        outcome: 'timed-out',
        reason: `not done within the ${timeoutSeconds} s that its type allows`,
      })
    }, timeoutSeconds * 1_000)
    const reply = await running
    this.#running = false
    clearTimeout(timeout)
    if (reply.outcome !== 'stopped') return reply
    return this.#stopped ?? { outcome: 'failed', reason: 'stopped without a reason' }
  }

  /** Ends the running task, if there is one; the first reason counts. `run` resolves when nothing of it runs any more. */
  stop(ending: Ending): void {
    if (!this.#running || this.#stopped) return
    this.#stopped = ending
    this.#thread.stop(ending.reason ?? ending.outcome)
  }
}
