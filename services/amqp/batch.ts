import type { Failure } from '../contract/problem.ts'
import type { EncodedTask } from '../contract/task.ts'

/** A task as it goes to the broker, and where to. */
export interface OutgoingTask extends EncodedTask {
  /** The message id; no other of the same batch has it. */
  readonly id: string
  readonly exchange: string
  readonly routingKey: string
}

export type PublishOutcome = 'confirmed' | Failure

/** What leaves open whether the broker has the task. */
export const mayBeInQueue: ReadonlySet<PublishOutcome | undefined> = new Set([
  'no confirm in time',
  'connection lost',
])

/**
 * Most bytes on their way at once, so that amqplib buffers no more than that. A request is less; what a handler sends
 * goes in portions.
 */
const portionBytes = 8 * 1024 * 1024

/** Tasks that are published together, from the first of them to the last answer. */
export class Batch {
  readonly tasks: readonly OutgoingTask[]
  /** By task id. */
  readonly outcomes = new Map<string, PublishOutcome>()
  /** Resolves when each task has its outcome. */
  readonly ended: Promise<void>
  /** Whether each task has the broker's own answer. */
  allAnswered = false
  /** The broker has refused an exchange: that closes the channel, and the connection is as good as before. */
  exchangeRefused = false
  readonly #resolve: () => void

  constructor(tasks: readonly OutgoingTask[]) {
    this.tasks = tasks
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = promise
    this.#resolve = resolve
  }

  /** Each task has its outcome: nothing may be published any more. */
  get isOver(): boolean {
    return this.outcomes.size === this.tasks.length
  }

  /** The broker has answered for this one. */
  answer({ id }: OutgoingTask, outcome: PublishOutcome): void {
    if (this.isOver) return
    this.outcomes.set(id, outcome)
    this.allAnswered = this.isOver
    if (this.isOver) this.#resolve()
  }

  /**
   * There will be no more answers.
   * @param exchange it alone is to blame; what was sent to others is as good as on a lost connection.
   */
  end(failure: Failure, exchange?: string): void {
    if (this.isOver) return
    this.exchangeRefused = exchange !== undefined
    for (const task of this.tasks) {
      if (this.outcomes.has(task.id)) continue
      const toBlame = exchange === undefined || task.exchange === exchange
      this.outcomes.set(task.id, toBlame ? failure : 'connection lost')
    }
    this.#resolve()
  }
}

/** The tasks in order, as many at a time as may be on their way together. */
export function* portions(tasks: readonly OutgoingTask[]): Generator<readonly OutgoingTask[]> {
  let portion: OutgoingTask[] = []
  let bytes = 0
  for (const task of tasks) {
    portion.push(task)
    bytes += task.content.length
    if (bytes < portionBytes) continue
    yield portion
    portion = []
    bytes = 0
  }
  if (portion.length > 0) yield portion
}
