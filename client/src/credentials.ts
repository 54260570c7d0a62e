/** Of an AWS principal that has `execute-api:Invoke` on the endpoint. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/** Gives credentials that are good for the next minutes: those of the AWS SDK are such. */
export type CredentialsProvider = () => Promise<AwsCredentials>

let provider: CredentialsProvider | undefined

/**
 * As the AWS SDK finds them: environment, profiles, single sign-on, roles of containers, functions and machines. Loaded
 * when they are needed first, since not all callers need them, and browsers have none.
 * @throws Error when there are none
 */
export async function defaultCredentials(): Promise<AwsCredentials> {
  provider ??= (await load())?.()
  if (provider === undefined) throw new Error('no credentials: here createClient must be given them')
  return provider()
}

/** Bundles for browsers have an empty module in its place. */
async function load(): Promise<(() => CredentialsProvider) | undefined> {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node')
  return defaultProvider
}
