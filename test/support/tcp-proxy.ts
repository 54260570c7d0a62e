import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** A line between a client and a broker that can be made to fail. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** Connections accepted so far. */
  readonly accepted: number
  /** Connections that neither end has closed. */
  readonly open: number
  /** Connections that the server has ended so far. */
  readonly endedByServer: number
  /** Delays what is sent from now on, in each direction, by so many milliseconds. */
  latency(ms: number): void
  /**
   * Holds what is sent on the connections open now: both ways, or one way only. Nobody is told: so dies
   * a line behind a router that has forgotten it. New connections are served.
   */
  pause(what?: 'everything' | 'requests' | 'answers'): void
  /** Bytes that are held now, up to some 64 KB in each direction of a line; a heartbeat has 8. */
  readonly held: number
  /** Lets what was held go on. */
  resume(): void
  /** Ends all connections, as a server does that stops (FIN). */
  cut(): void
  /** Breaks all connections (RST). */
  reset(): void
  /** Connections that {@link breakAfter} has broken so far. */
  readonly broken: number
  /**
   * Breaks (RST) the connection that carries the so-many-th byte from now, right behind that byte: in the middle of a
   * frame, or of what comes before the first. Given several counts, breaks another for each, counted from the last break.
   */
  breakAfter(...bytes: readonly number[]): void
  /** Whether new connections are broken at once. */
  refuse(refused: boolean): void
}

interface Line {
  readonly client: Socket
  readonly server: Socket
}

/** Starts one, on a loopback address. */
export async function startTcpProxy(
  target: { readonly host: string; readonly port: number },
  address: '127.0.0.1' | '::1' = '127.0.0.1',
): Promise<TcpProxy> {
  const lines = new Set<Line>()
  let accepted = 0
  let endedByServer = 0
  let latencyMs = 0
  let refused = false
  let broken = 0
  let breaks: readonly number[] = []
  let bytesLeft = Number.POSITIVE_INFINITY
  const armNext = () => {
    const [next = Number.POSITIVE_INFINITY, ...later] = breaks
    bytesLeft = next
    breaks = later
  }
  const forward = (chunk: Buffer, from: Socket, to: Socket) => {
    bytesLeft -= chunk.length
    if (bytesLeft > 0) return void to.write(chunk)
    const part = chunk.subarray(0, chunk.length + bytesLeft)
    bytesLeft = Number.POSITIVE_INFINITY
    to.write(part, () => {
      to.resetAndDestroy()
      from.resetAndDestroy()
      broken += 1
      armNext()
    })
  }
  const carry = (from: Socket, to: Socket) => {
    // one after the other, also when the latency has become less meanwhile
    let last: Promise<unknown> = Promise.resolve()
    const later = (work: () => void) => {
      const due = delay(latencyMs)
      last = last.then(() => due).then(work)
    }
    from.on('data', (chunk) => later(() => forward(chunk, from, to)))
    from.on('end', () => later(() => to.end()))
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
        if (other.destroyed) lines.delete(line)
        if (!other.isPaused()) other.destroy()
      })
    }
    const onServerEnd = () => {
      server.off('end', onServerEnd).off('error', onServerEnd)
      endedByServer += 1
    }
    server.on('end', onServerEnd).on('error', onServerEnd)
    carry(client, server)
    carry(server, client)
  })
  listener.listen(0, address)
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
    get endedByServer() {
      return endedByServer
    },
    get open() {
      return [...lines].filter(({ client, server }) => !client.readableEnded && !server.readableEnded).length
    },
    latency(ms) {
      latencyMs = ms
    },
    pause(what = 'everything') {
      each(({ client, server }) => {
        if (what !== 'requests') server.pause()
        if (what !== 'answers') client.pause()
      })
    },
    get held() {
      return [...lines].reduce(
        (sum, { client, server }) => sum + client.readableLength + server.readableLength,
        0,
      )
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
    get broken() {
      return broken
    },
    breakAfter(...bytes) {
      breaks = bytes
      armNext()
    },
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
