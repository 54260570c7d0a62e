import { type BrokerCredentials, brokerCredentials } from '../contract/credentials.ts'

/** A broker user and where its password is. */
export interface UserSecret {
  readonly name: string
  readonly secretArn: string
}

/** Gives what a secret holds. */
export type ReadSecret = (arn: string) => Promise<BrokerCredentials>

/** Reads it anew each time: this function is started because it has changed. */
export const readSecret: ReadSecret = (arn) => brokerCredentials({ BROKER_SECRET_ARN: arn }).read()

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
