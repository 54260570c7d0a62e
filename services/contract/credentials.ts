import * as z from 'zod'
import { EnvironmentError } from './environment.ts'

/** What a broker user logs in with. */
export interface BrokerCredentials {
  readonly username: string
  readonly password: string
}

/** A service's broker user, read when first asked for and kept from then on. */
export interface CredentialsReader {
  /**
   * @throws Error when the secret cannot be read within 3 s, or does not hold `{ "username", "password" }`. Its message
   * never shows what the secret holds.
   */
  read(): Promise<BrokerCredentials>
  /**
   * For use after the broker refused them: the next `read` asks again, since the secret may have been rotated.
   * @returns false where that cannot change anything, because they stand in the environment.
   */
  forget(): boolean
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
 * Where a Lambda function finds its broker user: in the environment (local runs), or in the secret it names.
 * @throws EnvironmentError when it is given neither, or half of the pair.
 */
export function brokerCredentials(variables: CredentialsVariables): CredentialsReader {
  const { BROKER_USERNAME: username, BROKER_PASSWORD: password, BROKER_SECRET_ARN: arn } = variables
  if (username !== undefined && password !== undefined) {
    return { read: async () => ({ username, password }), forget: () => false }
  }
  if (arn === undefined) {
    throw new EnvironmentError(
      'the environment has no broker user: set BROKER_USERNAME and BROKER_PASSWORD, or BROKER_SECRET_ARN',
    )
  }
  let kept: Promise<BrokerCredentials> | undefined
  const forget = () => {
    kept = undefined
    return true
  }
  const read = () => {
    kept ??= readSecret(arn).catch((error: unknown) => {
      forget()
      throw error
    })
    return kept
  }
  return { read, forget }
}

async function readSecret(arn: string): Promise<BrokerCredentials> {
  // imported when needed only: with BROKER_USERNAME and BROKER_PASSWORD nothing of AWS is loaded
  const { GetSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager')
  const client = new SecretsManagerClient({})
  try {
    const command = new GetSecretValueCommand({ SecretId: arn })
    const { SecretString } = await client.send(command, { abortSignal: AbortSignal.timeout(secretTimeoutMs) })
    return parseSecret(arn, SecretString)
  } finally {
    client.destroy()
  }
}

function parseSecret(arn: string, text: string | undefined): BrokerCredentials {
  try {
    return secretContent.parse(JSON.parse(text ?? ''))
  } catch {
    // n.b. no cause: it may quote the secret
    throw new Error(`secret ${arn} must hold JSON such as { "username": "...", "password": "..." }`)
  }
}
