import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../random.ts'
import { inject } from './catalogue.ts'
import type { Fault } from './fault.ts'
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

/**
 * All kinds of a claim in turn, then all again in another order, beside those of every other claim, so that they
 * overlap; once a minute they make way for one that wants everything for itself.
 */
async function storm(
  kinds: readonly Fault[],
  attempt: Attempt,
  end: number,
  random: Random,
  signal: AbortSignal,
): Promise<void> {
  const isOpen = (until: number) => Date.now() < until && !signal.aborted
  const { everything: alone = [], ...others } = Object.groupBy(kinds, ({ claims }) => claims)
  const lanes = Object.values(others).map((lane) => ({
    next: inTurn(lane, random.fork()),
    random: random.fork(),
  }))
  const nextAlone = inTurn(alone, random.fork())
  while (isOpen(end)) {
    const until = lanes.length === 0 ? Date.now() : Math.min(end, Date.now() + roundMs)
    await Promise.all(
      lanes.map(async (lane) => {
        await pause(lane.random.whole(0, 5_000))
        for (let fault = lane.next(); fault && isOpen(until); fault = lane.next()) {
          await attempt(fault)
          await pause(lane.random.whole(2_000, 6_000))
        }
      }),
    )
    const fault = nextAlone()
    if (fault && isOpen(end)) await attempt(fault)
  }
}

const roundMs = 60_000

/** Gives each once, in an order that `random` decides, then each again in another. */
function inTurn<Item>(items: readonly Item[], random: Random): () => Item | undefined {
  let bag: Item[] = []
  return () => {
    if (bag.length === 0) bag = random.shuffle(items)
    return bag.pop()
  }
}
