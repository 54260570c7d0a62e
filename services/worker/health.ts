import { createServer, type Server } from 'node:net'

/** For how long a worker without a broker counts as healthy, in milliseconds: a new one would fare no better. */
const patienceMs = 5 * 60_000

/** What decides on a worker's health. */
export interface WorkerState {
  /** The broker refused the worker's user. */
  readonly refused: boolean
  /** A handler blocks its thread outside JavaScript: the process hands back what else it has, and ends. */
  readonly stuck: boolean
  /** A task runs, or the worker is shutting down: it must not be killed. */
  readonly busy: boolean
  /** Since when a slot is not consuming, in milliseconds since 1970; undefined when all are. */
  readonly outageSince: number | undefined
  /** Since when the ledger, if there is one, has not answered: no reason to replace a worker, which would lose what it holds. */
  readonly ledgerAwaySince?: number | undefined
}

/** Why a worker should be replaced; undefined for a healthy one. */
export function unhealthy(
  { refused, stuck, busy, outageSince }: WorkerState,
  now: number,
): string | undefined {
  if (refused) return 'the broker refused access'
  if (stuck) return 'a handler cannot be stopped'
  if (busy || outageSince === undefined || now - outageSince < patienceMs) return undefined
  return `not consuming for ${Math.round((now - outageSince) / 1_000)} s`
}

/**
 * Answers each connection to the port on loopback with a line, `ok` or `unhealthy: <reason>`. That there is an
 * answer at all says that the main loop turns. A second line says that the ledger is away. No file, no second Node process: the image's file system is read-only,
 * and at a quarter of a CPU Node takes a second to start.
 */
export function serveHealth(port: number, state: () => WorkerState): Server {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    const now = Date.now()
    const { ledgerAwaySince, ...seen } = state()
    const reason = unhealthy(seen, now)
    const away = ledgerAwaySince === undefined ? '' : awayLine(now - ledgerAwaySince)
    socket.end(`${reason === undefined ? 'ok' : `unhealthy: ${reason}`}\n${away}`)
  })
  return server.listen(port, '127.0.0.1')
}

const awayLine = (ms: number) => `the ledger has not answered for ${Math.round(ms / 1_000)} s\n`
