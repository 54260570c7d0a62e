import { createServer } from 'node:http'
import { listenOnLoopback } from '../../local/listen.ts'

/** Keeps the run on this machine, and knows who wanted to leave it. */
export interface Barrier {
  /** The variables that lead every request to anything but loopback here: of Node, CDK and Python. */
  readonly variables: Readonly<Record<string, string>>
  /** `host:port` of each request that wanted to leave. */
  readonly refused: readonly string[]
  close(): void
}

/** A proxy that lets nothing through. */
export async function startBarrier(): Promise<Barrier> {
  const refused: string[] = []
  const server = createServer(({ url = '' }, response) => {
    refused.push(url)
    response.writeHead(403).end()
  })
  server.on('connect', ({ url = '' }, socket) => {
    refused.push(url)
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  const url = `http://127.0.0.1:${await listenOnLoopback(server, { port: 0, wanted: false })}`
  return {
    variables: {
      ...{ HTTP_PROXY: url, HTTPS_PROXY: url, http_proxy: url, https_proxy: url },
      ...{ NO_PROXY: '127.0.0.1,localhost', no_proxy: '127.0.0.1,localhost' },
      NODE_USE_ENV_PROXY: '1',
    },
    refused,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
