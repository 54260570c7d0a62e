import type { Random } from '../random.ts'
import type { System } from './system.ts'

/** What a fault has for itself while it lasts: two faults that claim the same never overlap, all others may. */
export type Claim = 'broker' | 'workers' | 'producers' | 'handlers' | 'network' | 'ledger' | 'everything'

/** One way in which things go wrong. */
export interface Fault {
  readonly kind: string
  /** `ledger`: a system that keeps one. */
  readonly needs: 'node' | 'cluster' | 'ledger'
  readonly claims: Claim
  /** Takes long, or its recovery does, or is enough by night: not in `npm test`. */
  readonly slow?: true
  /** Why the rate may take more than ten seconds to be back after its end, and how many. */
  readonly recovery?: { readonly seconds: number; readonly because: string }
  /**
   * Makes it happen, to what `random` chooses, and resolves when it is over: everything is again as it was, but for
   * what the system has to do by itself. Gives the names of the workers and producers whose tasks may run twice
   * because of it, `all` for everyone's. A fault that then waits for what the system does about it calls `over` before:
   * from then on the recovery is timed.
   * @throws Error when the system does not do what it must
   */
  inject(system: System, random: Random, over: () => void): Promise<readonly string[] | 'all'>
}
