import type { Logger } from '../contract/log.ts'
import { type PublishOutcome, publishAndConfirm } from './confirmed-publish.ts'
import type { KeptConnection } from './connection.ts'
import type { PreparedTask } from './request.ts'

/** Publishes tasks and says of each whether the broker has confirmed it. */
export class Publisher {
  readonly #kept: KeptConnection
  readonly #queue: string
  readonly #log: Logger
  readonly #confirmMs: number

  /**
   * @param queue name of the exchange, and of the routing key
   * @param confirmMs longest wait for the confirms of one try. Two tries, and what comes before each, must end before
   * API Gateway gives up after 30 s.
   */
  constructor(kept: KeptConnection, queue: string, log: Logger, confirmMs = 5_000) {
    this.#kept = kept
    this.#queue = queue
    this.#log = log
    this.#confirmMs = confirmMs
  }

  /**
   * Publishes tasks. Those without an answer it publishes once more, on a new connection and with the same ids. So a
   * task may reach the queue twice, as when a client repeats a request.
   * @param tasks with ids that differ
   * @returns what became of each, by id. Never throws for what the broker does.
   */
  async publish(tasks: readonly PreparedTask[]): Promise<ReadonlyMap<string, PublishOutcome>> {
    const outcomes = await this.#try(tasks)
    const unanswered = tasks.filter(({ id }) => mayBeTriedAgain.has(outcomes.get(id)))
    if (unanswered.length === 0) return outcomes
    this.#log.warn('tasks are published again on a new connection', { tasks: unanswered.length })
    const second = await this.#try(unanswered)
    // the first try's reason says more than the failure of the second
    return new Map([...outcomes, ...[...second].filter(([, outcome]) => outcome !== 'no connection')])
  }

  async #try(tasks: readonly PreparedTask[]): Promise<Map<string, PublishOutcome>> {
    const connection = await this.#kept.get().catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      this.#log.error('no connection to the broker', { reason })
    })
    if (connection === undefined) return everyTask(tasks, 'no connection')
    if (connection.blocked) return everyTask(tasks, 'blocked')
    const outcomes = await publishAndConfirm(connection, this.#queue, tasks, this.#confirmMs)
    if ([...outcomes.values()].some((outcome) => mayBeTriedAgain.has(outcome))) this.#kept.drop(connection)
    return outcomes
  }
}

/** What leaves open whether the broker has the task. */
const mayBeTriedAgain: ReadonlySet<PublishOutcome | undefined> = new Set([
  'no confirm in time',
  'connection lost',
])

function everyTask(tasks: readonly PreparedTask[], outcome: PublishOutcome): Map<string, PublishOutcome> {
  return new Map(tasks.map(({ id }) => [id, outcome]))
}
