import type { ConsumeMessage } from 'amqplib'
import type { DecodedEnvelope } from '../contract/task.ts'
import type { TaskType } from '../contract/task-type.ts'
import type { Handlers } from './handlers.ts'
import type { Ending } from './outcome.ts'

export interface RunnerOptions {
  readonly slot: number
  readonly types: ReadonlyMap<string, TaskType>
  /** Resolves when tasks can be run without waiting for a thread. */
  readonly ready: Promise<void>
  /** Where a task runs that has failed so many times. */
  readonly handlers: (deliveryCount: number) => Handlers
}

/** Runs a slot's tasks, each within the time that its type allows. */
export class Runner {
  readonly ready: Promise<void>
  readonly #options: RunnerOptions
  /** Where the running task runs. */
  #handlers: Handlers | undefined
  #stopped: Ending | undefined
  #timeLimit: NodeJS.Timeout | undefined

  constructor(options: RunnerOptions) {
    this.#options = options
    this.ready = options.ready
  }

  /** Runs one task and says how it ended. Never rejects. One at a time. */
  async run(envelope: DecodedEnvelope, { content }: ConsumeMessage, deliveryCount: number): Promise<Ending> {
    if (!envelope.ok) {
      return {
        outcome: envelope.problem === 'newer' ? 'unknown-type' : 'unreadable',
        reason: envelope.reason,
      }
    }
    const { slot, types, handlers } = this.#options
    const { id, type, traceparent } = envelope.task
    const declared = types.get(type)
    if (!declared)
      return { outcome: 'unknown-type', reason: `this worker has no task type ${JSON.stringify(type)}` }
    this.#handlers = handlers(deliveryCount)
    const request = { slot, id, type, deliveryCount, traceparent, content: content.toString('latin1') }
    const reply = await this.#handlers.run(request, () => this.#begin(declared))
    this.#handlers = undefined
    clearTimeout(this.#timeLimit)
    if (reply.outcome !== 'stopped') return reply
    return this.#stopped ?? { outcome: 'failed', reason: 'stopped without a reason' }
  }

  /** Ends the running task, if there is one; the first reason counts. `run` resolves when nothing of it runs any more. */
  stop(ending: Ending): void {
    this.#stop(ending, false)
  }

  #begin({ timeoutSeconds }: TaskType): void {
    this.#stopped = undefined
    clearTimeout(this.#timeLimit)
    const reason = `not done within the ${timeoutSeconds} s that its type allows`
    this.#timeLimit = setTimeout(
      () => this.#stop({ outcome: 'timed-out', reason }, true),
      timeoutSeconds * 1_000,
    )
  }

  #stop(ending: Ending, timeLimit: boolean): void {
    this.#stopped ??= ending
    this.#handlers?.stop(this.#options.slot, { reason: ending.reason ?? ending.outcome, timeLimit })
  }
}
