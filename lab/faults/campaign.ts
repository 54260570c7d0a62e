import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../random.ts'
import { inject } from './catalogue.ts'
import type { Claim, Fault } from './fault.ts'
import { lookMs } from './recovery.ts'
import type { System } from './system.ts'

/** What a campaign tells while it runs. */
export interface CampaignEvents {
  began(fault: Fault): void
  failed(fault: Fault, error: unknown): void
}

/** Makes a fault happen and resolves when it is over, whatever came of it. */
type Attempt = (fault: Fault) => Promise<void>

/**
 * Throws faults at a system for so many minutes, in an order that `random` decides: until half of the time is over each
 * kind once and by itself, then a storm of all kinds. What takes minutes to recover from comes last of all, since no
 * other fault can be judged beside it.
 */
export async function campaign(
  system: System,
  kinds: readonly Fault[],
  minutes: number,
  random: Random,
  { began, failed }: CampaignEvents,
  signal = new AbortController().signal,
): Promise<void> {
  const start = Date.now()
  const attempt = async (fault: Fault) => {
    began(fault)
    await inject(fault, system, random.fork()).catch((error) => failed(fault, error))
  }
  const usual = kinds.filter(({ recovery }) => !recovery)
  await oneByOne(random.shuffle(usual), attempt, start + minutes * 30_000, signal)
  await storm(usual, attempt, start + minutes * 60_000, random, signal)
  for (const fault of kinds) if (fault.recovery && !signal.aborted) await attempt(fault)
}

/** Each with quiet before and after it, so that nothing else can be the reason why the rate is not back. */
async function oneByOne(
  kinds: readonly Fault[],
  attempt: Attempt,
  end: number,
  signal: AbortSignal,
): Promise<void> {
  const quiet = () => pause(lookMs + 1_000, undefined, { signal }).catch(() => undefined)
  await quiet()
  for (const fault of kinds) {
    if (Date.now() >= end || signal.aborted) return
    await attempt(fault)
    await quiet()
  }
}

/** All kinds in turn, then all again in another order, one every few seconds. Those that claim different things overlap. */
async function storm(
  kinds: readonly Fault[],
  attempt: Attempt,
  end: number,
  random: Random,
  signal: AbortSignal,
): Promise<void> {
  const running = new Map<Claim, Promise<void>>()
  let bag: Fault[] = []
  while (Date.now() < end && !signal.aborted) {
    if (bag.length === 0) bag = random.shuffle(kinds)
    const fault = bag.pop()
    if (!fault) break
    if (fault.claims === 'everything') await Promise.all(running.values())
    else await running.get(fault.claims)
    if (Date.now() >= end) break
    const over = attempt(fault).finally(() => running.delete(fault.claims))
    running.set(fault.claims, over)
    if (fault.claims === 'everything') await over
    await pause(random.whole(1_000, 4_000))
  }
  await Promise.all(running.values())
}
