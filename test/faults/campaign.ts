import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../../local/random.ts'
import { inject } from './catalogue.ts'
import type { Claim, Fault } from './fault.ts'
import type { System } from './system.ts'

/** What a campaign tells while it runs. */
export interface CampaignEvents {
  began(fault: Fault): void
  failed(fault: Fault, error: unknown): void
}

/**
 * Throws faults at a system for so many minutes, one every few seconds, in an order that `random` decides: all kinds
 * in turn, then all again in another order. Those that claim different things overlap.
 */
export async function campaign(
  system: System,
  kinds: readonly Fault[],
  minutes: number,
  random: Random,
  { began, failed }: CampaignEvents,
  signal?: AbortSignal,
): Promise<void> {
  const end = Date.now() + minutes * 60_000
  const running = new Map<Claim, Promise<void>>()
  let bag: Fault[] = []
  const once = new Set<string>()
  while (Date.now() < end && !signal?.aborted) {
    if (bag.length === 0) bag = random.shuffle(kinds.filter(({ kind }) => !once.has(kind)))
    const fault = bag.pop()
    if (!fault) break
    // what takes minutes to recover from is done once, and early
    if (fault.recovery) once.add(fault.kind)
    if (fault.claims === 'everything') await Promise.all(running.values())
    else await running.get(fault.claims)
    if (Date.now() >= end) break
    began(fault)
    const over = inject(fault, system, random.fork())
      .catch((error) => failed(fault, error))
      .finally(() => running.delete(fault.claims))
    running.set(fault.claims, over)
    if (fault.claims === 'everything') await over
    await pause(random.whole(1_000, 4_000))
  }
  await Promise.all(running.values())
}
