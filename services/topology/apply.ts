import { createHash, randomBytes } from 'node:crypto'
import type { Definitions } from '../contract/topology.ts'

/** Where the definitions go, and as whom. */
export interface TopologyTarget {
  /** Base URL of the management API, without credentials. */
  readonly managementUrl: string
  readonly admin: { readonly username: string; readonly password: string }
}

/**
 * Makes the broker look like `definitions`, through the management API. Safe to run again.
 * @param passwords by user name: one for each user of the definitions.
 * @throws Error that says what the broker answered.
 */
export async function applyTopology(
  target: TopologyTarget,
  definitions: Definitions,
  passwords: Readonly<Record<string, string>>,
): Promise<void> {
  const users = definitions.users.map(({ name, tags, limits }) => ({
    name,
    tags,
    limits,
    password_hash: passwordHash(passwords[name] ?? ''),
    hashing_algorithm: 'rabbit_password_hashing_sha256',
  }))
  const { username, password } = target.admin
  const response = await fetch(new URL('/api/definitions', target.managementUrl), {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ ...definitions, users }),
  })
  if (!response.ok)
    throw new Error(`the broker refused the definitions: ${response.status} ${await response.text()}`)
}

/** RabbitMQ's salted SHA-256: https://www.rabbitmq.com/docs/passwords#computing-password-hash */
function passwordHash(password: string): string {
  const salt = randomBytes(4)
  const digest = createHash('sha256').update(salt).update(password, 'utf8').digest()
  return Buffer.concat([salt, digest]).toString('base64')
}
