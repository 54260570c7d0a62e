import { randomBytes } from 'node:crypto'
import { type ConfirmChannel, connect, type Options } from 'amqplib'
import type { BrokerNode } from '../../local/broker/broker.ts'
import { manage, path } from '../../services/amqp/management.ts'
import {
  brokerUser,
  deadLetterQueue,
  defaultTopology,
  definitions,
  type TopologySettings,
  type UserRole,
} from '../../services/contract/topology.ts'
import { applyTopology } from '../../services/topology/apply.ts'

/**
 * A failed task comes back after 0.1 s × failures and is dead after the eleventh: 5.5 s for what takes nine minutes on
 * AWS. A worker may hold a task for 8 s, which is more than one that blocks its thread needs to be stopped.
 */
export const faultSettings: Partial<TopologySettings> = {
  retryMinSeconds: 0.1,
  retryMaxSeconds: 1,
  consumerTimeoutSeconds: 8,
}

/** The queue beside the default one, with dead letters and users of its own; some task types belong there. */
export const furtherQueue = 'further'

/** What an operator and a deployment do to the broker, on whichever node is up. */
export class BrokerAdmin {
  readonly queue = 'tasks'
  readonly dead = 'tasks.dead'
  readonly nodes: readonly BrokerNode[]
  #settings: TopologySettings
  readonly #further: TopologySettings
  readonly #passwords: Record<string, string> = {}
  #applying: Promise<unknown> = Promise.resolve()

  constructor(nodes: readonly BrokerNode[], settings: Partial<TopologySettings> = {}) {
    this.nodes = nodes
    const queues = [this.queue, furtherQueue]
    const ofBoth = { workerPublishesTo: queues, ...faultSettings, ...settings }
    const { producer, ...main } = defaultTopology(this.queue)
    const mayWrite = producer && { ...producer, moreQueues: [furtherQueue] }
    this.#settings = { ...main, producer: mayWrite, ...ofBoth }
    this.#further = { ...defaultTopology(furtherQueue), producer: undefined, ...ofBoth }
    const users = [this.#settings, this.#further].flatMap((each) => definitions(each).users)
    for (const { name } of users) this.#passwords[name] = newPassword()
  }

  /** All that may stand in no output, former passwords included. */
  readonly secrets = new Set<string>()

  credentials(
    role: UserRole,
    queue = this.queue,
  ): { readonly BROKER_USERNAME: string; readonly BROKER_PASSWORD: string } {
    const name = brokerUser(queue, role)
    return { BROKER_USERNAME: name, BROKER_PASSWORD: this.#passwords[name] ?? '' }
  }

  /** Makes the broker as the settings say, after these changes to those of the default queue. */
  apply(changes: Partial<TopologySettings> = {}): Promise<void> {
    this.#settings = { ...this.#settings, ...changes }
    const administrators = this.nodes.map(({ admin }) => admin.password)
    for (const password of [...Object.values(this.#passwords), ...administrators]) this.secrets.add(password)
    // one after the other: an older import must not end last
    const applied = this.#applying.then(() =>
      this.#onANode(async ({ managementUrl, admin }) => {
        for (const settings of [this.#further, this.#settings])
          await applyTopology({ managementUrl, admin }, definitions(settings), this.#passwords, {
            waitSeconds: 5,
          })
      }),
    )
    this.#applying = applied.catch(() => undefined)
    return applied
  }

  /** As {@link apply}, until `work` has ended. */
  async during(changes: Partial<TopologySettings>, work: () => Promise<unknown>): Promise<void> {
    const before = this.#settings
    const former = Object.keys(changes).map((key) => [key, before[key as keyof TopologySettings]])
    await this.apply(changes)
    try {
      await work()
    } finally {
      await this.apply(Object.fromEntries(former))
    }
  }

  /** A new password for a role. Open connections stay. */
  rotate(role: UserRole): Promise<void> {
    this.#passwords[brokerUser(this.queue, role)] = newPassword()
    return this.apply()
  }

  /** Ready messages and consumers, by passive declare. */
  counts(queue: string): Promise<{ readonly messageCount: number; readonly consumerCount: number }> {
    return this.#withChannel((channel) => channel.checkQueue(queue))
  }

  /** Publishes as a client that is not ours, and waits for the confirm. */
  publish(content: Buffer, properties: Options.Publish): Promise<void> {
    return this.#withChannel(async (channel) => {
      channel.publish(this.queue, this.queue, content, properties)
      await channel.waitForConfirms()
    })
  }

  /** Takes up to `most` dead letters off their queues. `take` has each before it is acknowledged. */
  takeDeadLetters(
    take: (id: string, reason: string) => void,
    most = Number.POSITIVE_INFINITY,
  ): Promise<number> {
    return this.#withChannel(async (channel) => {
      let taken = 0
      for (const queue of [this.dead, deadLetterQueue(furtherQueue)])
        for (let message = await next(queue); message; message = await next(queue)) {
          const { messageId, headers } = message.properties
          take(String(messageId), String(headers?.['x-last-death-reason']))
          channel.ack(message)
          taken += 1
        }
      return taken

      async function next(queue: string) {
        return taken < most && channel.get(queue)
      }
    })
  }

  /** Deletes the work queue with all that is in it. */
  async deleteQueue(): Promise<void> {
    await this.#withChannel((channel) => channel.deleteQueue(this.queue))
  }

  /** The node on which the queue's leader is. */
  async leader(): Promise<BrokerNode> {
    const { leader } = await this.#onANode(
      async ({ managementUrl, admin }) =>
        (await manage({ url: managementUrl, ...admin }, 'GET', path('queues', '/', this.queue))) as {
          leader: string
        },
    )
    const found = this.nodes.find(({ name }) => name === leader)
    if (!found) throw new Error(`the queue's leader is on ${leader}, which is none of the cluster's nodes`)
    return found
  }

  async #withChannel<Result>(work: (channel: ConfirmChannel) => Promise<Result>): Promise<Result> {
    return this.#onANode(async ({ amqpUrl, admin }) => {
      const { hostname, port } = new URL(amqpUrl)
      const connection = await connect(
        { hostname, port: Number(port), ...admin },
        { noDelay: true, timeout: 5_000 },
      )
      connection.on('error', () => undefined)
      const closed = new Promise<never>((_, reject) =>
        connection.once('close', () => reject(new Error('the connection of the harness was lost'))),
      )
      closed.catch(() => undefined)
      try {
        const channel = await connection.createConfirmChannel()
        channel.on('error', () => undefined)
        return await Promise.race([work(channel), closed])
      } finally {
        // amqplib's own promise stays open for ever where the connection is lost meanwhile
        await Promise.race([connection.close(), closed]).catch(() => undefined)
      }
    })
  }

  /** On the first node that does it. */
  async #onANode<Result>(work: (node: BrokerNode) => Promise<Result>): Promise<Result> {
    const errors: unknown[] = []
    for (const node of this.nodes) {
      try {
        return await work(node)
      } catch (error) {
        errors.push(error)
      }
    }
    throw new AggregateError(errors, `no node does it: ${errors.join('; ')}`)
  }
}

const newPassword = () => randomBytes(16).toString('hex')
