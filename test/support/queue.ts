import { randomBytes, randomUUID } from 'node:crypto'
import type { ConfirmChannel, GetMessage, Options } from 'amqplib'
import type { Broker } from '../../local/broker/broker.ts'
import { manage } from '../../services/amqp/management.ts'
import { pausedExchange, resumedExchange } from '../../services/contract/control.ts'
import type { Definitions } from '../../services/contract/definitions.ts'
import { routeTo } from '../../services/contract/route.ts'
import { dueAt, encodeTask } from '../../services/contract/task.ts'
import {
  brokerUser,
  defaultTopology,
  definitions,
  type TopologySettings,
  type UserRole,
} from '../../services/contract/topology.ts'
import { applyTopology } from '../../services/topology/apply.ts'
import { openAs } from './topology.ts'

/** What a test says of a task: the id is random unless given. */
export interface TestTask {
  readonly id?: string
  readonly type: string
  readonly payload: unknown
}

/** A work queue of a test's own, with dead letters, users and policies; `await using` removes it all. */
export interface TestQueue extends AsyncDisposable {
  readonly name: string
  readonly dead: string
  readonly settings: TopologySettings
  /** The environment variables with which a service reaches this queue as a user of that role. */
  environment(role: UserRole): BrokerEnvironment
  /** Publishes as any AMQP client would and resolves when the broker has confirmed all; gives the ids. */
  publish(...tasks: readonly TestTask[]): Promise<string[]>
  /** Publishes bytes and properties as they are, and waits for the confirm. */
  publishRaw(content: Buffer, properties: Options.Publish): Promise<void>
  /** Publishes a task that is due so many seconds from now; gives its id. */
  publishLater(delaySeconds: number): Promise<string>
  /** Ready messages and consumers, by passive declare. Delayed and unacknowledged ones are in neither. */
  counts(queue?: string): Promise<{ readonly ready: number; readonly consumers: number }>
  /** Takes the oldest dead letter off its queue. */
  takeDeadLetter(): Promise<GetMessage | false>
  /** Takes the oldest ready message off the work queue. */
  take(): Promise<GetMessage | false>
  /** Empties the work queue of what is ready. */
  purge(): Promise<void>
  /** Gives a user a new password, as a rotation does. Open connections stay. */
  changePassword(role: UserRole): Promise<void>
  /** Deletes the work queue with all that is in it. */
  deleteWork(): Promise<void>
  /** Makes what is missing, as a deployment does. */
  apply(): Promise<void>
}

/** A type and not an interface, so that it fits where any environment does. */
export type BrokerEnvironment = {
  readonly BROKER_URL: string
  readonly BROKER_VHOST: string
  readonly BROKER_MANAGEMENT_URL: string
  readonly QUEUE_NAME: string
  readonly BROKER_USERNAME: string
  readonly BROKER_PASSWORD: string
}

/**
 * Makes a queue, with a random name unless one is given. Failed tasks come back after 1 s × failures and are dead letters after the
 * third failure (delivery limit 2), unless `settings` says otherwise. `workerPublishes`: handlers may send to this queue.
 * @param deployed the definitions that it is made by; `apply` puts today's over them
 */
export async function createQueue(
  broker: Omit<Broker, 'stop'>,
  {
    workerPublishes = false,
    queue: name = `t-${randomBytes(4).toString('hex')}`,
    ...settings
  }: Partial<TopologySettings> & { workerPublishes?: boolean } = {},
  deployed: (settings: TopologySettings) => Definitions | Promise<Definitions> = definitions,
): Promise<TestQueue> {
  const topology: TopologySettings = {
    ...defaultTopology(name, broker.vhost),
    deliveryLimit: 2,
    retryMinSeconds: 1,
    retryMaxSeconds: 5,
    workerPublishesTo: workerPublishes ? [name] : [],
    ...settings,
  }
  const declared = definitions(topology)
  const passwords = Object.fromEntries(declared.users.map((user) => [user.name, secret()]))
  const access = { managementUrl: broker.managementUrl, admin: broker.admin }
  const apply = () => applyTopology(access, declared, passwords)
  await applyTopology(access, await deployed(topology), passwords)
  const admin = await openAsAdmin(broker)
  const dead = `${name}.dead`
  const publishRaw = (content: Buffer, properties: Options.Publish) =>
    admin.use(async (channel) => {
      channel.publish(name, name, content, properties)
      await channel.waitForConfirms()
    })
  return {
    name,
    dead,
    settings: topology,
    environment: (role) => ({
      BROKER_URL: broker.amqpUrl,
      BROKER_VHOST: broker.vhost,
      BROKER_MANAGEMENT_URL: broker.managementUrl,
      QUEUE_NAME: name,
      BROKER_USERNAME: brokerUser(name, role),
      BROKER_PASSWORD: passwords[brokerUser(name, role)] ?? '',
    }),
    publishRaw,
    publish: (...tasks) =>
      admin.use(async (channel) => {
        const ids = tasks.map(({ id = randomUUID(), type, payload }) => {
          const { content, properties } = encodeTask({ id, type, payload, queuedAt: Date.now() })
          channel.publish(name, name, content, properties)
          return id
        })
        await channel.waitForConfirms()
        return ids
      }),
    publishLater: (delaySeconds) =>
      admin.use(async (channel) => {
        const id = randomUUID()
        const { content, properties } = encodeTask({
          id,
          type: 'sleep',
          payload: { ms: 1 },
          queuedAt: dueAt(Date.now(), delaySeconds),
        })
        const { exchange, routingKey } = routeTo(name, delaySeconds)
        channel.publish(exchange, routingKey, content, properties)
        await channel.waitForConfirms()
        return id
      }),
    counts: (queue = name) =>
      admin.use(async (channel) => {
        const { messageCount, consumerCount } = await channel.checkQueue(queue)
        return { ready: messageCount, consumers: consumerCount }
      }),
    takeDeadLetter: () => admin.use((channel) => channel.get(dead, { noAck: true })),
    take: () => admin.use((channel) => channel.get(name, { noAck: true })),
    purge: () => admin.use(async (channel) => void (await channel.purgeQueue(name))),
    async changePassword(role) {
      passwords[brokerUser(name, role)] = secret()
      await apply()
    },
    deleteWork: () => admin.use(async (channel) => void (await channel.deleteQueue(name))),
    apply,
    async [Symbol.asyncDispose]() {
      const names = (objects: readonly { readonly name: string }[]) => objects.map((each) => each.name)
      const beside = [pausedExchange(name), resumedExchange(name)]
      const removed = [...names(declared.queues), ...names(declared.exchanges), ...beside]
      await admin.use((channel) => remove(channel, removed)).finally(admin.close)
      await removeUsersAndPolicies(broker, Object.keys(passwords), names(declared.policies))
    },
  }
}

const secret = () => randomBytes(16).toString('hex')

interface Admin {
  /** Runs `work` on a confirm channel of its own: a refusal closes only that. */
  use<Result>(work: (channel: ConfirmChannel) => Promise<Result>): Promise<Result>
  close(): Promise<void>
}

/** A connection that is made again when the test has broken it. */
async function openAsAdmin(broker: Omit<Broker, 'stop'>): Promise<Admin> {
  const open = async () => {
    const connection = await openAs(broker, broker.admin.username, broker.admin.password)
    connection.on('close', () => {
      current = undefined
    })
    return connection
  }
  let current: ReturnType<typeof open> | undefined = open()
  await current
  return {
    async use(work) {
      current ??= open()
      const channel = await (await current).createConfirmChannel()
      channel.on('error', () => undefined)
      const result = await work(channel)
      await channel.close()
      return result
    },
    async close() {
      await (await current)?.close()
    },
  }
}

async function remove(channel: ConfirmChannel, names: readonly string[]): Promise<void> {
  await Promise.all(names.flatMap((name) => [channel.deleteQueue(name), channel.deleteExchange(name)]))
}

async function removeUsersAndPolicies(
  broker: Omit<Broker, 'stop'>,
  users: readonly string[],
  policies: readonly string[],
): Promise<void> {
  const access = { url: broker.managementUrl, ...broker.admin }
  const vhost = encodeURIComponent(broker.vhost)
  for (const user of users) await manage(access, 'DELETE', `users/${user}`)
  for (const policy of policies) await manage(access, 'DELETE', `policies/${vhost}/${policy}`)
}
