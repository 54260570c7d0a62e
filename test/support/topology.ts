import { randomBytes } from 'node:crypto'
import type { ChannelModel } from 'amqplib'
import type { Broker } from '../../local/broker/broker.ts'
import { openConnection } from '../../services/amqp/connection.ts'
import { fixedCredentials } from '../../services/amqp/credentials.ts'
import { type Management, manage, path } from '../../services/amqp/management.ts'
import type { Definitions } from '../../services/contract/definitions.ts'
import { defaultTopology, definitions } from '../../services/contract/topology.ts'

export type AnyBroker = Omit<Broker, 'stop'>

export const managementOf = (broker: AnyBroker): Management => ({
  url: broker.managementUrl,
  ...broker.admin,
})

/** Names, definitions and passwords for one test; what it makes on the broker is removed at the end. */
export interface Shape extends AsyncDisposable {
  readonly name: string
  readonly wanted: Definitions
  readonly passwords: Record<string, string>
}

/** A queue's definitions under a random name; nothing is made yet. */
export function createShape(broker: AnyBroker, name = `t-${randomBytes(4).toString('hex')}`): Shape {
  const wanted = definitions({ ...defaultTopology(name, broker.vhost), deliveryLimit: 2, retryMinSeconds: 1 })
  const passwords = Object.fromEntries(wanted.users.map((user) => [user.name, randomPassword()]))
  return { name, wanted, passwords, [Symbol.asyncDispose]: () => removeAll(broker, name) }
}

export const randomPassword = () => randomBytes(16).toString('hex')

/** Everything whose name starts with the test's own. */
async function removeAll(broker: AnyBroker, name: string): Promise<void> {
  const access = managementOf(broker)
  const found = (await manage(access, 'GET', 'definitions')) as Record<
    string,
    { name: string; vhost: string }[]
  >
  const paths = ['queues', 'exchanges', 'policies', 'users'].flatMap((kind) =>
    (found[kind] ?? [])
      .filter((object) => object.name.startsWith(name))
      .map((object) => (kind === 'users' ? path(kind, object.name) : path(kind, object.vhost, object.name))),
  )
  for (const each of paths) await manage(access, 'DELETE', each)
}

/** A connection as that user; a refusal rejects. */
export function openAs(broker: AnyBroker, username: string, password: string): Promise<ChannelModel> {
  const credentials = fixedCredentials({ username, password })
  return openConnection(
    { url: broker.amqpUrl, vhost: broker.vhost, credentials },
    { name: 'test', heartbeatSeconds: 60, timeoutSeconds: 10 },
  )
}
