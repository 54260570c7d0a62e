import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { listenOnLoopback } from './listen.ts'

/** A Lambda function's handler behind HTTP on this machine. */
export interface HttpFront {
  /** http://127.0.0.1:port */
  readonly url: string
  readonly port: number
  /** Ends it when the requests that run have been answered. */
  close(): Promise<void>
}

export interface HttpFrontOptions {
  /** Called with API Gateway's event (HTTP API, payload format 2.0). */
  readonly handler: (event: APIGatewayProxyEventV2) => Promise<unknown>
  /** Default: 8080, or the next free one. */
  readonly port?: number | undefined
}

/** API Gateway's own limit: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const maxBytes = 10 * 1024 * 1024

/**
 * Does what an API Gateway HTTP API does: makes an event of each request and a response of what the handler returns.
 * Listens on the loopback address.
 * @throws Error when the port that was asked for is in use.
 */
export async function startHttpFront({ handler, port }: HttpFrontOptions): Promise<HttpFront> {
  const server = createServer((request, response) => {
    answer(request, handler)
      .catch((error: unknown) => {
        console.error('the handler failed:', error)
        return message(500, 'Internal Server Error')
      })
      .then((result) => {
        // otherwise a client that keeps its connections holds up the end
        if (!server.listening) response.setHeader('connection', 'close')
        write(response, result)
      })
      // the client has gone
      .catch(() => response.destroy())
  })
  const listening = await listenOnLoopback(server, { port: port ?? 8080, wanted: port !== undefined })
  return {
    url: `http://127.0.0.1:${listening}`,
    port: listening,
    async close() {
      const closed = once(server, 'close')
      server.close()
      await closed
    },
  }
}

async function answer(
  request: IncomingMessage,
  handler: HttpFrontOptions['handler'],
): Promise<APIGatewayProxyStructuredResultV2> {
  const body = await readBody(request, maxBytes)
  if (body === undefined) return message(413, 'Request Entity Too Large')
  return asResult(await handler(asEvent(request, body)))
}

/** The body of a request; undefined if it is larger than `maxBytes`. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    // a body that is too large is still read to its end: a client that is sending would not see the answer
    if (bytes <= maxBytes) chunks.push(chunk)
  }
  return bytes > maxBytes ? undefined : Buffer.concat(chunks)
}

function asEvent(request: IncomingMessage, body: Buffer): APIGatewayProxyEventV2 {
  const [rawPath = '/', rawQueryString = ''] = (request.url ?? '/').split(/\?(.*)/s)
  const headers = Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, values = []]) => [name, values.join(',')]),
  )
  const isText = textType.test(headers['content-type'] ?? '') && isUtf8(body)
  const now = new Date()
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers,
    requestContext: {
      accountId: 'local',
      apiId: 'local',
      domainName: headers['host'] ?? '',
      domainPrefix: 'local',
      http: {
        method: request.method ?? '',
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      time: now.toISOString(),
      timeEpoch: now.getTime(),
    },
    ...(body.length === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  }
}

const textType = /^(text\/|application\/(.*\+)?(json|xml|javascript)\b)/i

/** What a handler may return: a response, or anything else, which then is the body of a 200. */
function asResult(result: unknown): APIGatewayProxyStructuredResultV2 {
  if (typeof result === 'object' && result !== null && 'statusCode' in result) {
    return result as APIGatewayProxyStructuredResultV2
  }
  return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(result) }
}

function message(statusCode: number, text: string): APIGatewayProxyStructuredResultV2 {
  const body = JSON.stringify({ message: text })
  return { statusCode, headers: { 'content-type': 'application/json' }, body }
}

function write(response: ServerResponse, result: APIGatewayProxyStructuredResultV2): void {
  for (const [name, value] of Object.entries(result.headers ?? {})) response.setHeader(name, String(value))
  response.statusCode = result.statusCode ?? 200
  response.end(Buffer.from(result.body ?? '', result.isBase64Encoded ? 'base64' : 'utf8'))
}
