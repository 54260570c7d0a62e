import { mayBeInQueue, type OutgoingTask, type PublishOutcome } from '../amqp/batch.ts'
import { publishOnce } from '../amqp/confirmed-publish.ts'
import type { KeptConnection } from '../amqp/kept-connection.ts'
import type { Logger } from '../contract/log.ts'

/**
 * Longest wait for the confirms of one try, in milliseconds. Two tries, and what comes before each, must end before API
 * Gateway gives up after 30 s.
 */
export const confirmMs = 5_000

/** Publishes tasks and says of each whether the broker has confirmed it. */
export class Publisher {
  readonly #kept: KeptConnection
  readonly #log: Logger
  readonly #confirmMs: number

  constructor(kept: KeptConnection, log: Logger, waitMs = confirmMs) {
    this.#kept = kept
    this.#log = log
    this.#confirmMs = waitMs
  }

  /**
   * Publishes tasks. Those without an answer it publishes once more, with the same ids, on a new connection unless the
   * first is as good as before. So a
   * task may reach the queue twice, as when a client repeats a request.
   * @param tasks with ids that differ
   * @returns what became of each, by id. Never throws for what the broker does.
   */
  async publish(tasks: readonly OutgoingTask[]): Promise<ReadonlyMap<string, PublishOutcome>> {
    const outcomes = await this.#try(tasks)
    const unanswered = tasks.filter(({ id }) => mayBeInQueue.has(outcomes.get(id)))
    if (unanswered.length === 0) return outcomes
    this.#log.warn('tasks are published again', { tasks: unanswered.length })
    const second = await this.#try(unanswered)
    // the first try's reason says more than the failure of the second
    return new Map([...outcomes, ...[...second].filter(([, outcome]) => outcome !== 'no connection')])
  }

  #try(tasks: readonly OutgoingTask[]): Promise<Map<string, PublishOutcome>> {
    return publishOnce(this.#kept, tasks, this.#log, { confirmMs: this.#confirmMs })
  }
}
