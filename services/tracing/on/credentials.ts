/** What AWS requests are signed with. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/** Where ECS gives a container the credentials of its task: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html */
const ecs = 'http://169.254.170.2'

/** They are fetched again so long before they expire, in milliseconds. */
const beforeExpiry = 5 * 60_000

/**
 * The credentials of the role that the service runs in: Lambda's are in the environment, ECS's are asked for. Ours,
 * since the AWS SDK's chain of providers would be larger than all of the worker.
 * @throws Error where there are none, or ECS does not answer within a second
 */
export function roleCredentials(env: NodeJS.ProcessEnv): () => Promise<Credentials> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env
  if (accessKeyId && secretAccessKey) {
    const own = { accessKeyId, secretAccessKey, sessionToken: env['AWS_SESSION_TOKEN'] }
    return async () => own
  }
  let current: { readonly credentials: Credentials; readonly expires: number } | undefined
  return async () => {
    if (!current || Date.now() > current.expires - beforeExpiry) current = await ofTask(env)
    return current.credentials
  }
}

async function ofTask(env: NodeJS.ProcessEnv) {
  const path = env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']
  if (!path) throw new Error('no AWS credentials in the environment')
  const response = await fetch(`${ecs}${path}`, { signal: AbortSignal.timeout(1_000) })
  if (!response.ok) throw new Error(`ECS answered ${response.status} when asked for credentials`)
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = (await response.json()) as Record<
    'AccessKeyId' | 'SecretAccessKey' | 'Token' | 'Expiration',
    string
  >
  const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token }
  return { credentials, expires: Date.parse(Expiration) }
}
