import type { ConsumeMessage } from 'amqplib'
import type { OutgoingTask } from '../amqp/batch.ts'
import type { Outcome } from '../contract/log.ts'
import type { Placing } from '../contract/placement.ts'
import type { DecodedEnvelope } from '../contract/task.ts'
import type { TaskType } from '../contract/task-type.ts'
import type { Handlers } from './handlers.ts'
import { joinOf } from './join.ts'
import type { Ending } from './outcome.ts'
import { type Held, nextSlice, putOffTask, sentBefore, sentTasks, timesPutOff } from './outgoing.ts'
import type { Said } from './progress.ts'
import type { Reply, SentTasks } from './protocol.ts'
import type { RecordedTry, Records } from './records.ts'
import type { Sender } from './sender.ts'

export interface RunnerOptions extends Placing {
  readonly slot: number
  readonly queue: string
  /** Publishes what handlers have sent. */
  readonly sender: Pick<Sender, 'publish'>
  /** Resolves when tasks can be run without waiting for a thread. */
  readonly ready: Promise<void>
  /** Where a task runs that has failed so many times. */
  readonly handlers: (deliveryCount: number) => Handlers
  /** Where tries are recorded, if there is a ledger. */
  readonly records?: Records | undefined
  /** Whether tries may take only as long as their types allow. @default true */
  readonly timeLimits?: boolean
}

/** Runs a slot's tasks, each within the time that its type allows. */
export class Runner {
  readonly ready: Promise<void>
  readonly #options: RunnerOptions
  /** Where the running task runs. */
  #handlers: Handlers | undefined
  /** Fires when what the running task has sent is no longer to be published. */
  #publishing: AbortController | undefined
  #stopped: Ending | undefined
  #timeLimit: NodeJS.Timeout | undefined
  #record: RecordedTry | undefined
  /** JSON text. */
  #result: string | undefined
  /** Fires, with how the task ends then, when the worker ends or has lost it: nobody waits for the ledger any more. */
  #leaving = new AbortController()

  constructor(options: RunnerOptions) {
    this.#options = options
    this.ready = options.ready
  }

  /** Runs one task, publishes what it has sent, records and says how it ended. Never rejects. One at a time. */
  run(envelope: DecodedEnvelope, message: ConsumeMessage, deliveryCount: number): Promise<Ending> {
    this.#open(envelope, message, deliveryCount, true)
    return this.#recorded(this.#run(envelope, message, deliveryCount))
  }

  /** Ends a task that is not to be run. */
  skip(
    envelope: DecodedEnvelope,
    message: ConsumeMessage,
    deliveryCount: number,
    ending: Ending,
  ): Promise<Ending> {
    this.#open(envelope, message, deliveryCount, false)
    return this.#recorded(ending)
  }

  /** Ends the running task, if there is one; the first reason counts. `run` resolves when nothing of it runs any more. */
  stop(ending: Ending): void {
    // what an operator cancels is neither lost nor handed back
    if (ending.outcome !== 'cancelled') this.#leaving.abort(ending)
    this.#stop(ending, false)
  }

  /** Takes what the running task's handler says. */
  progress(said: Said): void {
    this.#record?.progress(said)
  }

  async #run(envelope: DecodedEnvelope, message: ConsumeMessage, deliveryCount: number): Promise<Ending> {
    if (!envelope.ok) {
      return {
        outcome: envelope.problem === 'newer' ? 'unknown-type' : 'unreadable',
        reason: envelope.reason,
      }
    }
    const { slot, types, handlers, queue, records } = this.#options
    const { id, type, traceparent } = envelope.task
    const declared = types.get(type)
    if (!declared)
      return { outcome: 'unknown-type', reason: `this worker has no task type ${JSON.stringify(type)}` }
    if (!records && joinOf(message)) return withoutLedger
    const held: Held = { message, task: envelope.task, queue }
    this.#handlers = handlers(deliveryCount)
    const content = message.content.toString('latin1')
    const request = { slot, id, type, deliveryCount, traceparent, sentBefore: sentBefore(held), content }
    const reply = await this.#handlers.run(request, () => this.#begin(declared))
    this.#handlers = undefined
    clearTimeout(this.#timeLimit)
    return this.#end(held, declared, reply)
  }

  #open(envelope: DecodedEnvelope, message: ConsumeMessage, deliveryCount: number, isTried: boolean): void {
    // a task that waits in quarantine may be stopped before it begins: never for the reason of the one before it
    this.#stopped = undefined
    this.#result = undefined
    this.#leaving = new AbortController()
    const { records, queue } = this.#options
    // without an id there is nothing to record it by
    if (envelope.task.id === '') return
    this.#record = records?.open({ message, task: envelope.task, queue }, deliveryCount, isTried)
  }

  /** The end is recorded before the broker is told; what cannot be recorded now ends as whatever let nobody wait for it. */
  async #recorded(ending: Ending | Promise<Ending>): Promise<Ending> {
    const ended = await ending
    const record = this.#record
    if (!record) return ended
    const { signal } = this.#leaving
    const recording = record.end(ended, this.#result, signal)
    this.#record = undefined
    if (leftToBroker.has(ended.outcome)) return ended
    return recording
  }

  #end(held: Held, declared: TaskType, reply: Reply): Ending | Promise<Ending> {
    // whatever it says of its being stopped: it is not to come back
    if (this.#stopped?.outcome === 'cancelled' && reply.outcome !== 'done') return this.#stopped
    switch (reply.outcome) {
      case 'stopped':
        return this.#stopped ?? { outcome: 'failed', reason: 'stopped without a reason' }
      case 'later':
        return this.#putOff(held, declared, reply)
      case 'done':
        this.#result = reply.result
        return reply.sent ? this.#publishSent(held, reply.sent) : { outcome: 'done' }
      default:
        return reply
    }
  }

  #putOff(
    held: Held,
    { type, retryLater }: TaskType,
    { seconds, reason }: Extract<Reply, { outcome: 'later' }>,
  ): Ending | Promise<Ending> {
    const times = timesPutOff(held)
    if (!retryLater)
      return { outcome: 'failed', reason: `${reason} (uncounted if ${type} declared retryLater: { max })` }
    if (times >= retryLater.max)
      return { outcome: 'failed', reason: `${reason} (put off ${times} times, no more is allowed)` }
    const task = putOffTask(held, seconds, Date.now())
    return this.#publish([[task]], { outcome: 'later', laterSeconds: seconds, reason })
  }

  async #publishSent(held: Held, sent: SentTasks): Promise<Ending> {
    const now = Date.now()
    const tasks = sentTasks(held, sent, this.#options, now)
    const { signal } = this.#leaving
    const unrecorded = await this.#record?.sends(tasks, sent.join?.children, signal)
    if (unrecorded) return unrecorded
    // the next slice only when all before it is confirmed: each try that fails would leave one more of it
    const inTurn = [tasks, nextSlice(held, sent, now)]
    return this.#publish(inTurn, { outcome: 'done', ...factsOf(sent) })
  }

  /** A try that is over publishes nothing, and one that ends meanwhile waits for nothing. */
  async #publish(inTurn: readonly (readonly OutgoingTask[])[], ending: Ending): Promise<Ending> {
    if (this.#stopped) return this.#stopped
    this.#publishing = new AbortController()
    const { signal } = this.#publishing
    let reason: string | undefined
    for (const tasks of inTurn) {
      if (tasks.length === 0 || reason !== undefined || signal.aborted) continue
      reason = await this.#options.sender.publish(tasks, signal)
    }
    this.#publishing = undefined
    if (this.#stopped) return this.#stopped
    return reason === undefined ? ending : { outcome: 'failed', reason }
  }

  #begin({ timeoutSeconds }: TaskType): void {
    this.#stopped = undefined
    clearTimeout(this.#timeLimit)
    if (this.#options.timeLimits === false) return
    const reason = `not done within the ${timeoutSeconds} s that its type allows`
    this.#timeLimit = setTimeout(
      () => this.#stop({ outcome: 'timed-out', reason }, true),
      timeoutSeconds * 1_000,
    )
  }

  #stop(ending: Ending, timeLimit: boolean): void {
    this.#stopped ??= ending
    this.#publishing?.abort()
    this.#handlers?.stop(this.#options.slot, { reason: ending.reason ?? ending.outcome, timeLimit })
  }
}

/** What the broker does anyway, or is to do at once: nobody waits until it is recorded. */
const leftToBroker: ReadonlySet<Outcome> = new Set(['handed-back', 'connection-lost', 'consumer-timeout'])

const withoutLedger: Ending = {
  outcome: 'unknown-type',
  reason: 'it is one of several that sendAll has sent, and this worker has no ledger to count them by',
}

function factsOf({ tasks, continuation }: SentTasks): Pick<Ending, 'sent' | 'goesOn'> {
  return { ...(tasks.length > 0 ? { sent: tasks.length } : {}), ...(continuation ? { goesOn: true } : {}) }
}
