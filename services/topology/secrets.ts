import type { BrokerCredentials } from '../amqp/credentials.ts'

/** A broker user and where its password is. */
export interface UserSecret {
  readonly name: string
  readonly secretArn: string
}

/** Gives what a secret holds. */
export type ReadSecret = (arn: string) => Promise<BrokerCredentials>

/** @throws Error when the secret is some other user's. */
export async function userSecret(
  read: ReadSecret,
  { name, secretArn }: UserSecret,
): Promise<BrokerCredentials> {
  const credentials = await read(secretArn)
  if (credentials.username !== name)
    throw new Error(`secret ${secretArn} must be for broker user ${name}, its username is another`)
  return credentials
}
