import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { createServer } from 'node:tls'
import type { TlsFixture } from './tls.ts'

/** TLS on a port of its own in front of a server that has none. */
export interface TlsFront extends AsyncDisposable {
  readonly port: number
  /** Connections whose handshake the client completed: it was content with the certificate. */
  readonly accepted: number
}

/** Starts one on the loopback address that hands everything on to this port. */
export async function startTlsFront({ cert, key }: TlsFixture, target: number): Promise<TlsFront> {
  let accepted = 0
  const closeAll = new AbortController()
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (client) => {
    // with TLS 1.3 a client learns of a bad certificate after the server's handshake: only data tells
    client.once('data', () => {
      accepted += 1
    })
    const upstream = connect(target, '127.0.0.1')
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream]) {
      socket.on('error', () => socket.destroy())
      closeAll.signal.addEventListener('abort', () => socket.destroy())
    }
  })
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    get accepted() {
      return accepted
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      closeAll.abort()
      await closed
    },
  }
}
