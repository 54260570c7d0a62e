import { randomBytes } from 'node:crypto'
import { manage, path } from '../services/amqp/management.ts'
import type { Definitions } from '../services/contract/definitions.ts'
import { publishesTo } from '../services/contract/publishing.ts'
import { brokerUser, defaultTopology, definitions, type UserRole } from '../services/contract/topology.ts'
import { taskTypes } from '../services/tasks/registry.ts'
import { applyTopology } from '../services/topology/apply.ts'
import type { Broker } from './broker/broker.ts'
import { userIn } from './broker/user-vhost.ts'

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
  }
  /** Removes its users: everything else goes with its vhost or its node, and users belong to the whole broker. */
  remove(): Promise<void>
}

/**
 * Makes a work queue by the definitions that a deployment applies, but for the delay of a retry: failed tasks come back
 * after 0.3 s × failures, up to 10 s, so that a run of seconds sees it.
 */
export async function createWorkQueue(broker: Omit<Broker, 'stop'>, name: string): Promise<WorkQueue> {
  const { admin, managementUrl, vhost } = broker
  const shape = definitions({
    ...defaultTopology(name, vhost),
    ...{ retryMinSeconds: 0.3, retryMaxSeconds: 10 },
    workerPublishesTo: publishesTo(
      taskTypes.map((type) => ({ ...type, queue: name })),
      name,
    ),
  })
  const own = vhost === '/' ? shape : withUsersOf(vhost, shape)
  const passwords = Object.fromEntries(own.users.map((user) => [user.name, randomBytes(16).toString('hex')]))
  await applyTopology({ managementUrl, admin }, own, passwords)
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
      }
    },
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
