import { mayBeInQueue, type OutgoingTask, type PublishOutcome } from '../amqp/batch.ts'
import { publishOnce } from '../amqp/confirmed-publish.ts'
import type { KeptConnection } from '../amqp/kept-connection.ts'
import type { Logger } from '../contract/log.ts'

/** Publishes tasks and says of each whether the broker has confirmed it. */
export class Publisher {
  readonly #kept: KeptConnection
  readonly #log: Logger
  readonly #confirmMs: number

  /**
   * @param confirmMs longest wait for the confirms of one try. Two tries, and what comes before each, must end before
   * API Gateway gives up after 30 s.
   */
  constructor(kept: KeptConnection, log: Logger, confirmMs = 5_000) {
    this.#kept = kept
    this.#log = log
    this.#confirmMs = confirmMs
  }

  /**
   * Publishes, and what stays without an answer once more, on a new connection and with the same ids. A task may so
   * reach the queue twice, as it may when a client repeats a request.
   * @param tasks with ids that differ
   * @returns what became of each, by id. Never throws for what the broker does.
   */
  async publish(tasks: readonly OutgoingTask[]): Promise<ReadonlyMap<string, PublishOutcome>> {
    const outcomes = await this.#try(tasks)
    const unanswered = tasks.filter(({ id }) => mayBeInQueue.has(outcomes.get(id)))
    if (unanswered.length === 0) return outcomes
    this.#log.warn('tasks are published again on a new connection', { tasks: unanswered.length })
    const second = await this.#try(unanswered)
    // what the first try says of a task is worth more than that there was no second
    return new Map([...outcomes, ...[...second].filter(([, outcome]) => outcome !== 'no connection')])
  }

  #try(tasks: readonly OutgoingTask[]): Promise<Map<string, PublishOutcome>> {
    return publishOnce(this.#kept, tasks, this.#log, { confirmMs: this.#confirmMs })
  }
}
