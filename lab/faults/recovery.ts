import type { Episode } from './ledger.ts'

/** How long the rate of done tasks took to be back after a fault. */
export interface Recovery extends Episode {
  /** Done tasks per second in the ten seconds before, at most as many as were sent. */
  readonly before: number
  /** From when the fault was over, in seconds; undefined where it was not back while that was looked at. */
  readonly seconds: number | undefined
  /** Why it took longer than ten seconds. */
  readonly because?: string
}

/** Long enough to smooth out single requests, in milliseconds. */
const windowMs = 3_000
const stepMs = 250
const allowedMs = 10_000
/** How long after a fault its recovery is looked at, in milliseconds. */
export const lookMs = allowedMs + windowMs

/**
 * @param doneAt in rising order, in milliseconds since 1970
 * @param rate of new tasks per second: what is done above it is the backlog of an earlier fault
 * @param reasons by kind of fault
 */
export function recoveries(
  doneAt: readonly number[],
  episodes: readonly Episode[],
  rate: number,
  reasons: Readonly<Record<string, string>> = {},
): Recovery[] {
  const count = (from: number, to: number) => lowerBound(doneAt, to) - lowerBound(doneAt, from)
  const last = doneAt.at(-1) ?? 0
  return episodes.map((episode) => {
    const before = Math.min(rate, count(episode.from - 10_000, episode.from) / 10)
    const needed = 0.9 * before * (windowMs / 1_000)
    let at = episode.over
    while (at + windowMs <= last && count(at, at + windowMs) < needed) at += stepMs
    const seconds = at + windowMs <= last ? (at - episode.over) / 1_000 : undefined
    const recovery = { ...episode, before, seconds }
    if (seconds !== undefined && seconds * 1_000 <= allowedMs) return recovery
    return { ...recovery, because: reasons[episode.kind] ?? meanwhile(episode, episodes, last) }
  })
}

function meanwhile(episode: Episode, episodes: readonly Episode[], last: number): string | undefined {
  const until = episode.over + lookMs
  if (until > last) return 'the run ended'
  const other = episodes.find((each) => each !== episode && each.from < until && each.to > episode.over)
  return other && `${other.kind} meanwhile`
}

/** How many are less than `value`. */
function lowerBound(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return low
}
