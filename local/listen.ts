import { execFile } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { promisify } from 'node:util'

/** The address of this machine alone: what runs locally is never reachable from elsewhere. */
const loopback = '127.0.0.1'

/** Where to listen. */
export interface Port {
  /** From 1 to 65535, or 0 for any free one. */
  readonly port: number
  /** Whether the user asked for this very one; if not, the next free one does as well. */
  readonly wanted: boolean
}

/**
 * Makes `server` listen on the loopback address.
 * @returns the port.
 * @throws Error that names the process which has the port, when the user wanted that one.
 */
export async function listenOnLoopback(server: Server, { port, wanted }: Port): Promise<number> {
  // of HTTP: a client may end its side when it has said all, as nc does, and wants its answer all the same
  Object.assign(server, { httpAllowHalfOpen: true })
  for (let candidate = port; ; candidate += 1) {
    try {
      const listening = once(server, 'listening')
      server.listen(candidate, loopback)
      await listening
      return (server.address() as AddressInfo).port
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      if (!taken || candidate === 65_535) throw error
      if (wanted) throw new Error(await takenMessage(candidate), { cause: error })
    }
  }
}

async function takenMessage(port: number): Promise<string> {
  const holder = await holderOf(port)
  const by = holder === undefined ? 'another process' : `process ${holder.pid} (${holder.command})`
  return `port ${port} is in use by ${by}: stop that, give another port, or give none`
}

/** Who listens on a port, as far as this machine's tools can tell: lsof (macOS, some Linux) or ss (Linux). */
async function holderOf(port: number): Promise<{ pid: string; command: string } | undefined> {
  const lsof = await output('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'])
  const ss = await output('ss', ['-Hltnp', `sport = :${port}`])
  const { pid, command } =
    /^p(?<pid>\d+)\nc(?<command>.+)$/m.exec(lsof)?.groups ??
    /users:\(\("(?<command>[^"]+)",pid=(?<pid>\d+)/.exec(ss)?.groups ??
    {}
  return pid === undefined || command === undefined ? undefined : { pid, command }
}

async function output(command: string, args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(command, args, { timeout: 2_000 })).stdout
  } catch {
    return ''
  }
}
