import * as z from 'zod'
import { EnvironmentError } from '../contract/environment.ts'
import type { Logger } from '../contract/log.ts'
import { ManagementError } from './management.ts'

/** What a broker user logs in with. */
export interface BrokerCredentials {
  readonly username: string
  readonly password: string
}

/** AMQP's refusal of a login: the broker knows this user with another password, or not at all. */
export class AccessRefusedError extends Error {
  override readonly name = 'AccessRefusedError'
  readonly username: string
  constructor(username: string, cause: Error) {
    super(cause.message, { cause })
    this.username = username
  }
}

/** A service's broker user. */
export interface CredentialsReader {
  /**
   * Calls `work` with the user's name and password. If the broker refuses them, the secret may have been rotated: it
   * reads the secret again and calls `work` once more.
   * @throws what `work` throws, so AccessRefusedError or ManagementError 401 where the broker still refuses; what
   * {@link readSecret} throws.
   */
  use<Result>(work: (credentials: BrokerCredentials) => Promise<Result>): Promise<Result>
}

/** The parsed environment variables of which one pair or the secret must be there. */
export interface CredentialsVariables {
  readonly BROKER_USERNAME?: string | undefined
  readonly BROKER_PASSWORD?: string | undefined
  readonly BROKER_SECRET_ARN?: string | undefined
}

const secretTimeoutMs = 3_000
const secretContent = z.object({ username: z.string().min(1), password: z.string().min(1) })

/**
 * Where a service finds its broker user: in the environment (workers, local runs), or in the secret it names.
 * @throws EnvironmentError when it is given neither, or half of the pair.
 */
export function brokerCredentials(variables: CredentialsVariables, log: Logger): CredentialsReader {
  const { BROKER_USERNAME: username, BROKER_PASSWORD: password, BROKER_SECRET_ARN: arn } = variables
  if (username !== undefined && password !== undefined) return fixedCredentials({ username, password })
  if (arn !== undefined) return secretCredentials(arn, log)
  throw new EnvironmentError(
    'the environment has no broker user: set BROKER_USERNAME and BROKER_PASSWORD, or BROKER_SECRET_ARN',
  )
}

/** Credentials that cannot change while the process lives. */
export function fixedCredentials(credentials: BrokerCredentials): CredentialsReader {
  return { use: (work) => work(credentials) }
}

/** The secret is read when it is first needed, and kept until the broker refuses what it held. */
function secretCredentials(arn: string, log: Logger): CredentialsReader {
  let kept: Promise<BrokerCredentials> | undefined
  // if several calls are refused at once, only the first reads the secret again
  const forget = (stale: Promise<BrokerCredentials>) => {
    if (kept === stale) kept = undefined
  }
  const read = () => {
    if (kept) return kept
    const reading = readSecret(arn)
    kept = reading
    reading.catch(() => forget(reading))
    return reading
  }
  return {
    async use(work) {
      const reading = read()
      const credentials = await reading
      try {
        return await work(credentials)
      } catch (error) {
        if (!isRefusal(error)) throw error
        log.info('the broker refused the password: the secret is read again', { user: credentials.username })
        forget(reading)
        return work(await read())
      }
    },
  }
}

const isRefusal = (error: unknown) =>
  error instanceof AccessRefusedError || (error instanceof ManagementError && error.status === 401)

/** @throws Error when it cannot be read within 3 s, or is not a broker user's; the message never shows what it holds. */
export async function readSecret(arn: string): Promise<BrokerCredentials> {
  return parseSecret(arn, await secretText(arn))
}

/** @throws Error when it cannot be read within 3 s */
export async function secretText(arn: string): Promise<string | undefined> {
  // imported only when needed: with BROKER_USERNAME and BROKER_PASSWORD the AWS SDK is not loaded
  const { GetSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager')
  const client = new SecretsManagerClient({})
  try {
    const command = new GetSecretValueCommand({ SecretId: arn })
    const { SecretString } = await client.send(command, { abortSignal: AbortSignal.timeout(secretTimeoutMs) })
    return SecretString
  } finally {
    client.destroy()
  }
}

function parseSecret(arn: string, text: string | undefined): BrokerCredentials {
  try {
    return secretContent.parse(JSON.parse(text ?? ''))
  } catch {
    // no cause: it may quote the secret
    throw new Error(`secret ${arn} must hold JSON such as { "username": "...", "password": "..." }`)
  }
}
