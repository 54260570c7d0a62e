import { type Management, ManagementError, manage, path } from '../amqp/management.ts'
import { isAtLeast, oldestForTopology } from '../contract/broker-version.ts'
import type { Definitions, UserDefinition } from '../contract/definitions.ts'
import { differences, type Exported, same } from './compare.ts'
import { publishFirstList } from './first-list.ts'
import { hashingAlgorithm, matches, passwordHash } from './password.ts'
import { type Patience, whenBrokerAnswers } from './retry.ts'
import { brokerVersion, versionRemedy } from './version.ts'

/** Where the definitions go, and as whom. */
export interface TopologyTarget {
  /** Base URL of the management API, without credentials. */
  readonly managementUrl: string
  readonly admin: { readonly username: string; readonly password: string }
}

export interface ApplyOptions extends Partial<Patience> {
  /** What was applied before, of the same queue: what of it is not asked for any more is removed. */
  readonly previous?: Definitions | undefined
}

/**
 * Applies `definitions` to the broker through the management API, and checks the result. It is safe to run again: it
 * changes only what differs, and connections stay open even when a password changes. It removes users, permissions,
 * bindings and policies of `previous` that are no longer wanted, never queues or exchanges.
 * @param passwords by user name: one for each user of the definitions.
 * @param options by default it waits 60 s for a broker that is coming up.
 * @throws Error that says what the broker answered, what it has otherwise than asked, or that it is too old; never a
 * password.
 */
export async function applyTopology(
  target: TopologyTarget,
  definitions: Definitions,
  passwords: Readonly<Record<string, string>>,
  { previous, waitSeconds = 60, ...rest }: ApplyOptions = {},
): Promise<void> {
  const broker: Management = { url: target.managementUrl, ...target.admin }
  const patience = { waitSeconds, ...rest }
  await whenBrokerAnswers(broker.url, patience, async () => {
    const version = await brokerVersion(broker)
    if (!isAtLeast(version, oldestForTopology)) throw new Error(versionRemedy(version))
    const before = await exported(broker)
    const users = definitions.users.map((user) => withHash(user, passwords, before))
    await manage(broker, 'POST', 'definitions', { ...definitions, users })
    await removeLimits(broker, definitions, before)
    if (previous) await removeStale(broker, definitions, previous)
    await publishFirstList(broker, definitions, before)
    const drift = differences(definitions, await exported(broker))
    if (drift.length > 0) throw new Error(driftMessage(drift))
  })
}

/**
 * Gives one user the password, and leaves everything else about it.
 * @throws Error that says what the broker answered, never a password.
 */
export async function setPassword(
  target: TopologyTarget,
  username: string,
  password: string,
  { waitSeconds = 60, ...rest }: Partial<Patience> = {},
): Promise<void> {
  const broker: Management = { url: target.managementUrl, ...target.admin }
  await whenBrokerAnswers(broker.url, { waitSeconds, ...rest }, async () => {
    const user = (await manage(broker, 'GET', path('users', username))) as Hashed
    if (matches(password, user.password_hash)) return
    await manage(broker, 'PUT', path('users', username), {
      tags: user.tags.join(','),
      password_hash: passwordHash(password),
      hashing_algorithm: hashingAlgorithm,
    })
  })
}

type Hashed = UserDefinition & { readonly password_hash: string }

async function exported(broker: Management): Promise<Exported> {
  return (await manage(broker, 'GET', 'definitions')) as Exported
}

/** The user as the import takes it; a hash that is already this password's is kept. */
function withHash(
  user: UserDefinition,
  passwords: Readonly<Record<string, string>>,
  before: Exported,
): object {
  const password = passwords[user.name]
  // an empty password would be refused by the broker at login, long after this
  if (!password) throw new Error(`no password given for broker user ${user.name}`)
  const found = before.users.find(({ name }) => name === user.name) as Hashed | undefined
  const keep = found?.password_hash !== undefined && matches(password, found.password_hash)
  return {
    ...user,
    password_hash: keep ? found.password_hash : passwordHash(password),
    hashing_algorithm: hashingAlgorithm,
  }
}

/** An import sets limits, but leaves those that are asked for no more. */
async function removeLimits(broker: Management, { users }: Definitions, before: Exported): Promise<void> {
  for (const { name, limits } of users) {
    const found = before.users.find((user) => user['name'] === name)?.['limits'] ?? {}
    for (const limit of Object.keys(found))
      if (!(limit in limits)) await remove(broker, path('user-limits', name, limit))
  }
}

async function removeStale(broker: Management, asked: Definitions, previous: Definitions): Promise<void> {
  const gone = <Kind extends keyof Definitions>(kind: Kind) =>
    (previous[kind] as readonly Definitions[Kind][number][]).filter(
      (old) => !asked[kind].some((object) => same(kind, object, old)),
    )
  // we must not lock ourselves out. Queues hold tasks, and publishers use exchanges: remove those by hand
  const stale = [
    ...gone('policies').map(({ vhost, name }) => path('policies', vhost, name)),
    ...gone('bindings').map(({ vhost, source, destination, destination_type, routing_key }) =>
      // the broker names a binding by its key, which it encodes once more
      path(
        'bindings',
        vhost,
        'e',
        source,
        destination_type[0] ?? '',
        destination,
        encodeURIComponent(routing_key),
      ),
    ),
    ...gone('permissions')
      .filter(({ user }) => user !== broker.username)
      .map(({ vhost, user }) => path('permissions', vhost, user)),
    ...gone('users')
      .filter(({ name }) => name !== broker.username)
      .map(({ name }) => path('users', name)),
  ]
  for (const each of stale) await remove(broker, each)
}

/** Removes what may be gone already. */
async function remove(broker: Management, at: string): Promise<void> {
  try {
    await manage(broker, 'DELETE', at)
  } catch (error) {
    if (!(error instanceof ManagementError && error.status === 404)) throw error
  }
}

function driftMessage(drift: readonly string[]): string {
  const remedy =
    'arguments of queues and exchanges can never change: remove the object when it is empty, or give the queue another name'
  return `the broker took the definitions, but is not as asked (${remedy}):\n  ${drift.join('\n  ')}`
}
