import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { createServer } from 'node:tls'
import type { BrokerNode } from '../../local/broker/broker.ts'
import { startNode } from '../../local/broker/start.ts'
import { manage, path } from '../../services/amqp/management.ts'
import { createTls } from '../../test/support/tls.ts'

/** A RabbitMQ in the place of Amazon MQ's: AMQP and management over TLS, by an authority of its own. */
export interface RehearsalBroker {
  readonly version: string
  readonly how: string
  /** amqps://127.0.0.1:port */
  readonly amqpUrl: string
  /** https://127.0.0.1:port */
  readonly managementUrl: string
  /** The authority's certificate: what AWS's own is for every program. */
  readonly caFile: string
  /** The rehearsal's own administrator, over plain HTTP on loopback: for what AWS does behind the scenes. */
  readonly access: { readonly url: string; readonly username: string; readonly password: string }
  /** Makes the user that a broker is created with. */
  createAdministrator(username: string, password: string): Promise<void>
  stop(): Promise<void>
}

export async function startBroker(progress: (line: string) => void): Promise<RehearsalBroker> {
  await using stack = new AsyncDisposableStack()
  const tls = createTls()
  stack.defer(() => tls.remove())
  // figures as fresh as a minute of the rehearsal is short
  const conf = ['collect_statistics_interval = 1000']
  const node = await startNode({ tls, progress, conf })
  stack.defer(() => node.stop())
  const front = await startTlsFront(node, readFileSync(tls.cert), readFileSync(tls.key))
  stack.defer(() => front.close())
  const access = { url: node.managementUrl, ...node.admin }
  const started = stack.move()
  return {
    version: node.version,
    how: node.how,
    amqpUrl: node.amqpUrl,
    managementUrl: `https://127.0.0.1:${front.port}`,
    caFile: tls.ca,
    access,
    async createAdministrator(username, password) {
      await manage(access, 'PUT', path('users', username), { password, tags: 'administrator' })
      const everything = { configure: '.*', write: '.*', read: '.*' }
      await manage(access, 'PUT', path('permissions', '/', username), everything)
    },
    stop: () => started.disposeAsync(),
  }
}

/** The local node's management API has no TLS: this ends it in front. */
async function startTlsFront({ managementUrl }: BrokerNode, cert: Buffer, key: Buffer) {
  const { hostname, port } = new URL(managementUrl)
  const server = createServer({ cert, key }, (socket) => {
    const behind = connect(Number(port), hostname)
    socket.pipe(behind).pipe(socket)
    for (const [one, other] of [
      [socket, behind],
      [behind, socket],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close: () => void server.close(),
  }
}
