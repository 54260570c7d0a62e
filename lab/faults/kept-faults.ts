import { setTimeout as pause } from 'node:timers/promises'
import type { Treatment } from '../../test/support/ledger-front.ts'
import type { Random } from '../random.ts'
import type { Fault } from './fault.ts'
import type { System } from './system.ts'

/** What happens between services and their ledger for some seconds. */
function ledgerFault(kind: string, treatment: (random: Random) => () => Treatment): Fault {
  return {
    kind,
    needs: 'ledger',
    claims: 'ledger',
    async inject(system, random) {
      await treated(system, treatment(random.fork()), random.whole(3_000, 8_000))
      // who is not answered asks again: producers are sent to again, and what a worker holds may be taken from it
      return 'all'
    },
  }
}

/** Has the ledger treated so for so many milliseconds. */
export async function treated({ kept }: System, treatment: () => Treatment, ms: number): Promise<void> {
  if (!kept) throw new Error('this system keeps no ledger')
  kept.front.treat(treatment)
  try {
    await pause(ms)
  } finally {
    kept.front.treat(() => 'pass')
  }
}

/** What happens to the ledger. */
export const keptFaults: readonly Fault[] = [
  ledgerFault('ledger-away', () => () => 'refuse'),
  ledgerFault('ledger-slow', () => () => 700),
  ledgerFault('ledger-throttled', (random) => () => (random.next() < 0.8 ? 'throttle' : 'pass')),
  // it does what it is asked, and nobody hears of it
  ledgerFault('ledger-silent', (random) => () => (random.next() < 0.3 ? 'swallow' : 'pass')),
]
