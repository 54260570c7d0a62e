import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** A line between a client and a broker that can be made to fail. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** Connections accepted so far. */
  readonly accepted: number
  /** Connections open now. */
  readonly open: number
  /** Delays what is sent from now on, in each direction, by so many milliseconds. */
  latency(ms: number): void
  /**
   * Holds what is sent on the connections open now: both ways, or the server's answers only. Nobody is told: so dies
   * a line behind a router that has forgotten it. New connections are served.
   */
  pause(what?: 'everything' | 'answers'): void
  /** Lets what was held go on. */
  resume(): void
  /** Ends all connections, as a server does that stops (FIN). */
  cut(): void
  /** Breaks all connections (RST). */
  reset(): void
  /** Whether new connections are broken at once. */
  refuse(refused: boolean): void
}

interface Line {
  readonly client: Socket
  readonly server: Socket
}

/** Starts one on the loopback address. */
export async function startTcpProxy(target: {
  readonly host: string
  readonly port: number
}): Promise<TcpProxy> {
  const lines = new Set<Line>()
  let accepted = 0
  let latencyMs = 0
  let refused = false
  const carry = (from: Socket, to: Socket) => {
    from.on('data', (chunk) => void delay(latencyMs).then(() => to.write(chunk)))
    from.on('end', () => void delay(latencyMs).then(() => to.end()))
  }
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    accepted += 1
    if (refused) return void client.resetAndDestroy()
    const server = connect({ ...target, allowHalfOpen: true, noDelay: true })
    const line = { client, server }
    lines.add(line)
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      // what breaks on one side breaks on the other, unless it is held
      socket.on('error', () => undefined)
      socket.on('close', () => {
        lines.delete(line)
        if (!other.isPaused()) other.destroy()
      })
    }
    carry(client, server)
    carry(server, client)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const each = (work: (line: Line) => void) => [...lines].forEach(work)
  const destroy = (line: Line) => {
    line.client.destroy()
    line.server.destroy()
  }
  return {
    port: (listener.address() as AddressInfo).port,
    get accepted() {
      return accepted
    },
    get open() {
      return lines.size
    },
    latency(ms) {
      latencyMs = ms
    },
    pause(what = 'everything') {
      each(({ client, server }) => {
        server.pause()
        if (what === 'everything') client.pause()
      })
    },
    resume: () =>
      each(({ client, server }) => {
        server.resume()
        client.resume()
      }),
    cut: () =>
      each(({ client, server }) => {
        client.end()
        server.end()
      }),
    reset: () =>
      each(({ client, server }) => {
        client.resetAndDestroy()
        server.destroy()
      }),
    refuse(value) {
      refused = value
    },
    async [Symbol.asyncDispose]() {
      const closed = once(listener, 'close')
      listener.close()
      each(destroy)
      await closed
    },
  }
}
