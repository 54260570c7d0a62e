import type { startBroker } from '../rehearsal/broker.ts'
import type { Clients } from './listing.ts'
import type { Places } from './transform.ts'

/** What the steps share. */
export interface Stage {
  readonly clients: Clients
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  readonly places: Places
  readonly broker: Awaited<ReturnType<typeof startBroker>>
  /** Who wanted to leave this machine. */
  readonly refused: readonly string[]
}
