import type { Logger } from '../contract/log.ts'
import { type PublishOutcome, publishAndConfirm } from './confirmed-publish.ts'
import type { KeptConnection } from './connection.ts'
import type { PreparedTask } from './request.ts'

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
  async publish(tasks: readonly PreparedTask[]): Promise<ReadonlyMap<string, PublishOutcome>> {
    const outcomes = await this.#try(tasks)
    const unanswered = tasks.filter(({ id }) => mayBeTriedAgain.has(outcomes.get(id)))
    if (unanswered.length === 0) return outcomes
    this.#log.warn('tasks are published again on a new connection', { tasks: unanswered.length })
    const second = await this.#try(unanswered)
    // what the first try says of a task is worth more than that there was no second
    return new Map([...outcomes, ...[...second].filter(([, outcome]) => outcome !== 'no connection')])
  }

  async #try(tasks: readonly PreparedTask[]): Promise<Map<string, PublishOutcome>> {
    const connection = await this.#kept.get().catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      this.#log.error('no connection to the broker', { reason })
    })
    if (connection === undefined) return everyTask(tasks, 'no connection')
    if (connection.blocked) return everyTask(tasks, 'blocked')
    // each queue on a channel of its own: a missing exchange closes the channel, and is no other queue's matter
    const answers = await Promise.all(
      [...Map.groupBy(tasks, ({ queue }) => queue)].map(([queue, own]) =>
        publishAndConfirm(connection, queue, own, this.#confirmMs),
      ),
    )
    const outcomes = new Map(answers.flatMap((answer) => [...answer]))
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
