import { once } from 'node:events'
import { connect, createServer } from 'node:net'

// below the ports that Linux (32768) and macOS (49152) give to outgoing connections: those could otherwise take
// a node's port while it is down
const lowest = 20_000
const highest = 32_000

/** Finds free TCP ports on the loopback address. Someone else may still take one before it is used. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>()
  for (let tries = 0; found.size < count; tries += 1) {
    if (tries > 1000)
      throw new Error(`no ${count} free TCP ports between ${lowest} and ${highest} on 127.0.0.1`)
    const port = lowest + Math.floor(Math.random() * (highest - lowest))
    if (!found.has(port) && (await isFree(port))) found.add(port)
  }
  return [...found]
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const listening = once(server, 'listening')
  server.listen(port, '127.0.0.1')
  try {
    await listening
  } catch {
    return false
  }
  const closed = once(server, 'close')
  server.close()
  await closed
  return true
}

/** Whether something accepts TCP connections there, within the given milliseconds. */
export async function accepts(host: string, port: number, timeoutMs: number): Promise<boolean> {
  const socket = connect({ host, port })
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(timeoutMs) })
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
