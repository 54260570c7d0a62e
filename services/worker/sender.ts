import type { OutgoingTask, PublishOutcome } from '../amqp/batch.ts'
import { closeInTime } from '../amqp/close.ts'
import { publishOnce } from '../amqp/confirmed-publish.ts'
import type { BrokerAccess } from '../amqp/connection.ts'
import { AccessRefusedError } from '../amqp/credentials.ts'
import { KeptConnection } from '../amqp/kept-connection.ts'
import type { Logger } from '../contract/log.ts'

/** How long the broker may take to confirm what a try has sent, in milliseconds: the most that it may send takes seconds. */
const confirmMs = 30_000

export interface SenderOptions {
  readonly access: BrokerAccess
  /** What the broker shows as the connection's name. */
  readonly name: string
  readonly log: Logger
  /** The broker refuses the worker's user. */
  readonly refused: (error: AccessRefusedError) => void
}

/**
 * Publishes what handlers send. On a connection of its own: one that publishes is not read any more while the broker
 * is short of memory, and the acknowledgements that would relieve it must still arrive.
 */
export class Sender {
  readonly #options: SenderOptions
  readonly #kept: KeptConnection

  constructor(options: SenderOptions) {
    this.#options = options
    const { access, name, log } = options
    this.#kept = new KeptConnection(access, name, log)
  }

  /** Connects, so that the first task that sends need not wait for it. Never rejects. */
  async open(): Promise<void> {
    await this.#kept.get().catch((error: unknown) => {
      if (error instanceof AccessRefusedError) this.#options.refused(error)
    })
  }

  /**
   * Publishes all, and waits for the broker's confirms.
   * @param signal the try is over: nothing more is published, and nobody waits any more
   * @returns why not all are known to be in their queues; undefined when they are. Never rejects.
   */
  async publish(tasks: readonly OutgoingTask[], signal: AbortSignal): Promise<string | undefined> {
    await this.open()
    const outcomes = await publishOnce(this.#kept, tasks, this.#options.log, { confirmMs, signal })
    const failures = [...outcomes.values()].filter((outcome) => outcome !== 'confirmed')
    const [first] = failures
    if (!first) return undefined
    return `${failures.length} of ${tasks.length} tasks that it sent are not known to be in their queue: ${explain(first)}`
  }

  /** Closes the connection in order, or gives up after two seconds. */
  close(): Promise<void> {
    return closeInTime(this.#kept)
  }
}

function explain(outcome: PublishOutcome): string {
  return outcome === 'no right to write'
    ? `${outcome}: the broker's topology is older than what the task types declare, deploy it`
    : outcome
}
