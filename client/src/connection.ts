import { AwsV4Signer } from 'aws4fetch'
import { type Answer, noAnswer, readAnswer } from './answer.ts'
import { type AwsCredentials, type CredentialsProvider, defaultCredentials } from './credentials.ts'

/** Where requests go, and how they are signed. */
export interface EndpointOptions {
  /** The stack's output `Endpoint`, or what `npm run dev` prints. */
  readonly endpoint: string
  /** The API's. Not needed where nothing is signed. */
  readonly region?: string | undefined
  /**
   * Credentials, or what gives them: it is asked before each request. An endpoint on this machine (`http://127.0.0.1:…`)
   * is sent to unsigned without them.
   * @default as the AWS SDK finds them; in a browser they must be given
   */
  readonly credentials?: AwsCredentials | CredentialsProvider | undefined
  /** @default the global one */
  readonly fetch?: typeof fetch | undefined
}

/** One request. */
export interface Ask {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: string
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** Asks once. @throws Error where there are no credentials; all that the network does is an answer */
export type Connection = (ask: Ask) => Promise<Answer>

/** @throws TypeError when endpoint or region cannot be what they are to be */
export function connectionTo(options: EndpointOptions): Connection {
  const { region, credentials } = options
  const base = options.endpoint.replace(/\/+$/, '')
  const url = new URL(base)
  const unsigned = credentials === undefined && url.protocol === 'http:' && loopback.has(url.hostname)
  if (!unsigned && !region) throw new TypeError(`createClient needs the region of ${base}, to sign for it`)
  // called without an object of its own: a browser's fetch insists on that
  const send = options.fetch ?? ((...request: Parameters<typeof fetch>) => fetch(...request))
  return async ({ timeoutMs, signal, ...ask }) => {
    const plain = plainRequest(base, ask)
    const request = unsigned ? plain : await sign(plain, region, await read(credentials))
    const late = AbortSignal.timeout(Math.ceil(timeoutMs))
    try {
      const { url, ...init } = request
      return await readAnswer(await send(url, { ...init, signal: signal ? either(signal, late) : late }))
    } catch (error) {
      return noAnswer(error)
    }
  }
}

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])
const either = (...signals: AbortSignal[]) => AbortSignal.any(signals)

function plainRequest(base: string, { method, path, body }: Pick<Ask, 'method' | 'path' | 'body'>) {
  const content = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body }
  return { url: `${base}${path}`, method, ...content }
}

const read = (credentials: EndpointOptions['credentials'] = defaultCredentials) =>
  typeof credentials === 'function' ? credentials() : credentials

/** API Gateway's IAM authorization: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html */
async function sign(request: ReturnType<typeof plainRequest>, region = '', found: AwsCredentials) {
  const { accessKeyId, secretAccessKey, sessionToken } = found
  const token = sessionToken === undefined ? {} : { sessionToken }
  const signer = new AwsV4Signer({
    ...request,
    accessKeyId,
    secretAccessKey,
    ...token,
    region,
    service: 'execute-api',
  })
  const { headers } = await signer.sign()
  return { ...request, headers }
}
