import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'

/** A proxy that leads to every other machine, and refuses what is none of a proxy's business. */
export interface Proxy extends AsyncDisposable {
  readonly url: string
  /** What it was asked of this machine. */
  readonly refused: readonly string[]
}

/** Starts it on a free port of the loopback address. */
export async function startProxy(): Promise<Proxy> {
  const refused: string[] = []
  const isHere = (host: string) => /^(localhost|127\..*|\[?::1\]?)$/.test(host)
  const refuses = ({ method, url = '' }: IncomingMessage, host: string) => {
    if (isHere(host)) refused.push(`${method} ${url}`)
    return isHere(host)
  }
  const server = createServer((incoming, response) => {
    const url = URL.parse(incoming.url ?? '')
    if (!url || refuses(incoming, url.hostname)) return response.writeHead(502).end()
    const { method, headers } = incoming
    const onwards = request(url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onwards.on('error', () => response.destroy())
    return incoming.pipe(onwards)
  })
  server.on('connect', (incoming, socket, head) => {
    const [, host = '', port = '443'] = /^(.*):(\d+)$/.exec(incoming.url ?? '') ?? []
    if (refuses(incoming, host)) return socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
    const onwards = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onwards.write(head)
      onwards.pipe(socket).pipe(onwards)
    })
    for (const one of [onwards, socket])
      one.on('error', () => [onwards, socket].map((each) => each.destroy()))
    return onwards
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refused,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}
