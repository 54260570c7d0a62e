import { randomBytes } from 'node:crypto'
import { manage, path } from '../services/contract/management.ts'
import {
  brokerUser,
  defaultTopology,
  definitions,
  type UserRole,
  userRoles,
} from '../services/contract/topology.ts'
import { applyTopology } from '../services/topology/apply.ts'
import type { Broker } from './broker/broker.ts'

/** A work queue on a local broker, and how to reach it. */
export interface WorkQueue {
  readonly name: string
  readonly password: (role: UserRole) => string
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
export async function makeWorkQueue(broker: Omit<Broker, 'stop'>, name: string): Promise<WorkQueue> {
  const { admin, managementUrl, vhost } = broker
  const passwords = Object.fromEntries(
    userRoles.map((role) => [brokerUser(name, role), randomBytes(16).toString('hex')]),
  )
  const shape = definitions({ ...defaultTopology(name, vhost), retryMinSeconds: 0.3, retryMaxSeconds: 10 })
  await applyTopology({ managementUrl, admin }, shape, passwords)
  const password = (role: UserRole) => passwords[brokerUser(name, role)] ?? ''
  return {
    name,
    password,
    variables: (role) => ({
      BROKER_URL: broker.amqpUrl,
      BROKER_VHOST: vhost,
      QUEUE_NAME: name,
      BROKER_USERNAME: brokerUser(name, role),
      BROKER_PASSWORD: password(role),
    }),
    async remove() {
      for (const user of Object.keys(passwords)) {
        await manage({ url: managementUrl, ...admin }, 'DELETE', path('users', user))
      }
    },
  }
}
