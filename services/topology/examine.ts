import { type Management, ManagementError, manage, path } from '../amqp/management.ts'
import { secondsSince } from '../amqp/since.ts'
import { pausedExchange } from '../contract/control.ts'
import { matches } from './password.ts'
import type { RotationSettings } from './rotation.ts'
import { type ReadSecret, userSecret } from './secrets.ts'
import { brokerVersion } from './version.ts'

/** What `npm run status` asks the topology function, which alone knows the administrator. Nothing is changed. */
export interface ExamineRequest {
  readonly action: 'examine'
}

export interface Examined {
  /** Such as `4.3.6`. */
  readonly brokerVersion: string
  /** Broker users whose secret holds another password than the broker does, or whom the broker does not know. */
  readonly disagreeing: readonly string[]
  /** For how long the queue has been paused, at this moment; 0 when it is not. A function of an older deploy does not say. */
  readonly pausedSeconds?: number
}

/**
 * Compares every secret with what the broker has, by the password's hash. An administrator whose own secret is wrong is
 * found by the other one.
 * @throws Error when the broker takes neither of them, or does not answer.
 */
export async function examineBroker(
  { queue, managementUrl: url, adminSecretArn, secondAdminSecretArn, users }: RotationSettings,
  readSecret: ReadSecret,
): Promise<Examined> {
  const admins = await Promise.all([readSecret(adminSecretArn), readSecret(secondAdminSecretArn)])
  const others = await Promise.all(users.map((user) => userSecret(readSecret, user)))
  const [first, second] = admins.map((admin) => ({ url, ...admin })) as [Management, Management]
  const ask = async (broker: Management) => ({ broker, version: await brokerVersion(broker) })
  const { broker, version } = await ask(first).catch((error: unknown) => {
    if (isStatus(error, 401)) return ask(second)
    throw error
  })
  const [paused, ...agreed] = await Promise.all([
    secondsSince(broker, '/', pausedExchange(queue)),
    ...[...admins, ...others].map((user) => agrees(broker, user)),
  ])
  return {
    brokerVersion: version,
    pausedSeconds: paused ?? 0,
    disagreeing: [...admins, ...others].flatMap(({ username }, index) => (agreed[index] ? [] : [username])),
  }
}

async function agrees(
  broker: Management,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<boolean> {
  try {
    const user = (await manage(broker, 'GET', path('users', username))) as { password_hash: string }
    return matches(password, user.password_hash)
  } catch (error) {
    if (isStatus(error, 404)) return false
    throw error
  }
}

const isStatus = (error: unknown, status: number) =>
  error instanceof ManagementError && error.status === status
