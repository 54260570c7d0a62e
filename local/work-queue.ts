import { randomBytes } from 'node:crypto'
import { manage, path } from '../services/amqp/management.ts'
import type { Definitions } from '../services/contract/definitions.ts'
import type { Variables } from '../services/contract/environment.ts'
import type { ledgerEnvironment } from '../services/contract/ledger-environment.ts'
import { type Publishing, placed, publishesTo } from '../services/contract/publishing.ts'
import { brokerUser, defaultTopology, definitions, type UserRole } from '../services/contract/topology.ts'
import { type QueueFigures, readQueue } from '../services/probe/figures.ts'
import { taskTypes } from '../services/tasks/registry.ts'
import { applyTopology } from '../services/topology/apply.ts'
import type { Broker } from './broker/broker.ts'
import { userIn } from './broker/user-vhost.ts'

/** The queue of `npm run dev` for task types that name none. */
export const defaultQueue = 'tasks'

/** A work queue on a local broker, and how to reach it. */
export interface WorkQueue {
  readonly name: string
  /** Who that role is to the broker. */
  readonly user: (role: UserRole) => { readonly username: string; readonly password: string }
  /** The variables with which a service reaches it in that role. */
  readonly variables: (role: UserRole) => {
    readonly BROKER_URL: string
    readonly BROKER_VHOST: string
    readonly QUEUE_NAME: string
    readonly BROKER_USERNAME: string
    readonly BROKER_PASSWORD: string
    /** Of a worker whose queue is not the default one. */
    readonly DEFAULT_QUEUE?: string
  }
  readonly readFigures: () => Promise<QueueFigures>
  /** Lets its users publish what these task types ask for; it stays where it is. */
  allow(rights: WorkQueueOptions): Promise<void>
  /** Removes its users: everything else goes with its vhost or its node, and users belong to the whole broker. */
  remove(): Promise<void>
}

export interface WorkQueueOptions {
  /** The default queue, where that is another: its producer takes this one's tasks. */
  readonly home?: string
  /** The queues beside its own that its producer publishes to. @default none */
  readonly moreQueues?: readonly string[]
  /** With which producer and workers find the ledger. @default none */
  readonly ledger?: Variables<typeof ledgerEnvironment> | undefined
  /** @default 0.3 */
  readonly retryMinSeconds?: number
  /** @default those of this checkout */
  readonly types?: readonly Publishing[]
}

/**
 * Makes a work queue by the definitions that a deployment applies, but for the delay of a retry: failed tasks come back
 * after 0.3 s × failures, unless another is given, up to 10 s, so that a run of seconds sees it.
 */
export async function createWorkQueue(
  broker: Omit<Broker, 'stop'>,
  name: string,
  { home = name, ledger, retryMinSeconds = 0.3, ...rights }: WorkQueueOptions = {},
): Promise<WorkQueue> {
  const { admin, managementUrl, vhost } = broker
  const usual = defaultTopology(name, vhost)
  const shapeFor = ({ moreQueues = [], types = placed(taskTypes, home) }: WorkQueueOptions) => {
    const shape = definitions({
      ...{ ...usual, retryMinSeconds, retryMaxSeconds: 10 },
      // whatever a task type may ask for; and a debugger holds a task for as long as somebody thinks
      consumerTimeoutSeconds: 86_400 + 300,
      producer: home === name && usual.producer ? { ...usual.producer, moreQueues } : undefined,
      workerPublishesTo: publishesTo(types, name),
    })
    return vhost === '/' ? shape : withUsersOf(vhost, shape)
  }
  const own = shapeFor(rights)
  const passwords = Object.fromEntries(own.users.map((user) => [user.name, randomBytes(16).toString('hex')]))
  const apply = (shape: Definitions) => applyTopology({ managementUrl, admin }, shape, passwords)
  await apply(own)
  const user = (role: UserRole) => {
    const username = vhost === '/' ? brokerUser(name, role) : userIn(vhost, brokerUser(name, role))
    return { username, password: passwords[username] ?? '' }
  }
  return {
    name,
    user,
    variables(role) {
      const { username, password } = user(role)
      return {
        BROKER_URL: broker.amqpUrl,
        BROKER_VHOST: vhost,
        QUEUE_NAME: name,
        BROKER_USERNAME: username,
        BROKER_PASSWORD: password,
        ...(role === 'worker' && home !== name ? { DEFAULT_QUEUE: home } : {}),
        ...(ledger ? { ...ledger, DELIVERY_LIMIT: String(usual.deliveryLimit) } : {}),
      }
    },
    readFigures: () => readQueue({ url: managementUrl, ...user('probe') }, vhost, name),
    allow: (rights) => apply(shapeFor(rights)),
    async remove() {
      for (const username of Object.keys(passwords)) {
        await manage({ url: managementUrl, ...admin }, 'DELETE', path('users', username))
      }
    },
  }
}

/** On a broker of the user's, where users belong to the whole broker: two runs at a time must not share them. */
function withUsersOf(vhost: string, shape: Definitions): Definitions {
  return {
    ...shape,
    users: shape.users.map((user) => ({ ...user, name: userIn(vhost, user.name) })),
    permissions: shape.permissions.map((each) => ({ ...each, user: userIn(vhost, each.user) })),
  }
}
