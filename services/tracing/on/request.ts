import { AwsV4Signer } from 'aws4fetch'
import { roleCredentials } from './credentials.ts'

/** A request with spans, whatever it needs to be let in. */
export type RequestWith = (body: Uint8Array<ArrayBuffer>) => Promise<Request>

export interface RequestSettings {
  readonly endpoint: string
  /** Where requests are signed for. */
  readonly xrayRegion: string | undefined
  /** Such as `api-key=…`, percent-encoded, with commas between. */
  readonly headers: () => Promise<string | undefined>
}

/** OTLP over HTTP, in JSON: X-Ray and all others take it. https://opentelemetry.io/docs/specs/otlp/#otlphttp-request */
export function requests(settings: RequestSettings, env: NodeJS.ProcessEnv): RequestWith {
  const { endpoint: url, xrayRegion: region } = settings
  const headers = { 'content-type': 'application/json' }
  if (region !== undefined) {
    const credentials = roleCredentials(env)
    return async (body) => {
      const signer = new AwsV4Signer({
        ...{ url, method: 'POST', headers, body, service: 'xray', region },
        ...definedOf(await credentials()),
      })
      return new Request(url, { ...(await signer.sign()), body })
    }
  }
  let more: Promise<Record<string, string>> | undefined
  return async (body) => {
    more ??= settings.headers().then(parseHeaders)
    // a secret that could not be read is asked for again
    const own = await more.catch((error: unknown) => {
      more = undefined
      throw error
    })
    try {
      return new Request(url, { method: 'POST', headers: { ...headers, ...own }, body })
    } catch {
      // what is wrong with a header is said with its value
      throw new Error('the headers of tracing are no HTTP headers')
    }
  }
}

/** As OTEL_EXPORTER_OTLP_HEADERS has them. */
function parseHeaders(text = ''): Record<string, string> {
  const pairs = text.split(',').flatMap((pair) => {
    const [, name, value] = /^\s*([^=\s]+)\s*=(.*)$/.exec(pair) ?? []
    return name === undefined || value === undefined
      ? []
      : [[name, decodeURIComponent(value.trim())] as const]
  })
  return Object.fromEntries(pairs)
}

function definedOf({ sessionToken, ...rest }: Awaited<ReturnType<ReturnType<typeof roleCredentials>>>) {
  return { ...rest, ...(sessionToken === undefined ? {} : { sessionToken }) }
}
