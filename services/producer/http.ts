import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { limits } from '../contract/limits.ts'
import { invalidRequest, ProblemError } from './problem.ts'

/** An HTTP request as an API Gateway HTTP API hands it to a function (payload format 2.0). */
export type HttpEvent = APIGatewayProxyEventV2
export type HttpResponse = APIGatewayProxyStructuredResultV2

/** What answers a request: a status and something to write as JSON. */
export interface RouteAnswer {
  readonly status: number
  readonly body: object
}

/** By path, then by method. A path may end with `/{id}`, for one segment that is handed to the answer. */
export type Routes = ReadonlyMap<
  string,
  ReadonlyMap<string, (event: HttpEvent, id: string) => Promise<RouteAnswer>>
>

/** Everything else that a function is invoked with is a request itself. */
export function isHttpEvent(event: unknown): event is HttpEvent {
  const { requestContext } = (event ?? {}) as Partial<HttpEvent>
  return typeof requestContext?.http?.method === 'string'
}

/** @throws ProblemError 404, or 405 with the methods that the path has. */
export function route(routes: Routes, event: HttpEvent): Promise<RouteAnswer> {
  const [, parent, id = ''] = /^(\/.*)\/([^/]+)$/.exec(event.rawPath) ?? []
  const methods = routes.get(event.rawPath) ?? routes.get(`${parent}/{id}`)
  if (methods === undefined) {
    throw new ProblemError(404, `no such path: there are ${[...routes.keys()].join(', ')}`)
  }
  const answer = methods.get(event.requestContext.http.method)
  if (answer !== undefined) return answer(event, decoded(id))
  const allow = [...methods.keys()].join(', ')
  throw new ProblemError(405, `this path takes ${allow}`, {}, { allow })
}

/** As it is where it cannot be decoded: there is no such id. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/**
 * The body as JSON.
 * @throws ProblemError 415, 413 or 400.
 */
export function readJson(event: HttpEvent): unknown {
  const { 'content-type': type = 'none', 'content-encoding': encoding = 'identity' } = event.headers ?? {}
  if (!/^application\/json\s*(;|$)/i.test(type) || encoding.toLowerCase() !== 'identity') {
    throw new ProblemError(415, 'send the tasks as content-type application/json, without content-encoding')
  }
  const { body = '', isBase64Encoded } = event
  const bytes = Buffer.byteLength(body, isBase64Encoded ? 'base64' : 'utf8')
  if (bytes > limits.bodyBytes) {
    throw new ProblemError(
      413,
      `the body has ${bytes} bytes, the most is ${limits.bodyBytes}: send fewer tasks at a time`,
      { bytes, limit: limits.bodyBytes },
    )
  }
  try {
    // a text needs no detour over its bytes, only the byte order mark off that the decoder takes off too
    const text = isBase64Encoded ? utf8.decode(Buffer.from(body, 'base64')) : body.replace(/^\uFEFF/, '')
    return JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw invalidRequest([{ index: null, path: '', message: `is not JSON in UTF-8: ${reason}` }])
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

// https://www.w3.org/TR/trace-context/#traceparent-header: version ff and ids of zeros only are invalid
const traceparentPattern = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** The request's trace context; undefined where it has none that is valid. */
export function readTraceparent(event: HttpEvent): string | undefined {
  const { traceparent = '' } = event.headers ?? {}
  return traceparentPattern.test(traceparent) ? traceparent : undefined
}

export function respond({ status, body }: RouteAnswer): HttpResponse {
  return {
    statusCode: status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(body),
  }
}

export function respondWithProblem({ problem, headers }: ProblemError): HttpResponse {
  return {
    statusCode: problem.status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(problem),
  }
}
