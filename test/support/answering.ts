import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A request as it came in. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  /** Of the tasks in it. */
  readonly ids: readonly string[]
}

/** What is answered; undefined: the connection is cut. */
export type Reply =
  | {
      readonly status: number
      readonly body: unknown
      readonly headers?: Readonly<Record<string, string>>
    }
  | undefined

export type Answers = (request: Received) => Reply | Promise<Reply>

/** An HTTP server that answers with these in turn, then with 202; `await using` ends it. */
export interface AnsweringServer extends AsyncDisposable {
  readonly url: string
  readonly requests: Received[]
}

export async function startAnswering(...answers: readonly Answers[]): Promise<AnsweringServer> {
  const requests: Received[] = []
  const left = [...answers]
  const server = createServer(async (request, response) => {
    const received = await receive(request)
    requests.push(received)
    const reply = await (left.shift() ?? accept)(received)
    if (reply === undefined) request.socket.destroy()
    else write(response, reply)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function receive(request: IncomingMessage): Promise<Received> {
  const body = await text(request)
  const { tasks = [] } = (body === '' ? {} : JSON.parse(body)) as { tasks?: readonly { id: string }[] }
  const { method = '', url: path = '', headers } = request
  return { method, path, headers, body, ids: tasks.map(({ id }) => id) }
}

function write(response: ServerResponse, { status, body, headers }: NonNullable<Reply>): void {
  const type = typeof body === 'string' ? 'text/html' : 'application/json'
  response.writeHead(status, { 'content-type': type, ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

/** As the producer answers when the broker has confirmed all. */
export const accept: Answers = ({ ids }) => ({ status: 202, body: { ids } })

/** As the producer answers when the broker has confirmed these alone. */
export function acceptOnly(accepted: readonly string[], reason = 'queue full', retryAfter = '0'): Answers {
  return ({ ids }) => {
    const failed = ids.filter((id) => !accepted.includes(id)).map((id) => ({ id, reason }))
    return {
      status: 503,
      body: { status: 503, title: 'Service Unavailable', ids, accepted, failed },
      headers: { 'retry-after': retryAfter },
    }
  }
}

/** What stands in front of a producer, such as a proxy, when that is away. */
export const htmlPage: Answers = () => ({
  status: 502,
  body: '<html><h1>502 Bad Gateway</h1></html>',
})
