import type { Figures } from './figures.ts'

/** How we compare with one other in one load. */
export interface Verdict {
  readonly peer: string
  /** Whether ours costs no more, and waits no longer at the 95th percentile. */
  readonly cheaper: boolean
  readonly sooner: boolean
  readonly words: string
}

/** Less than this many seconds apart is the same wait; cost is the same within half a percent. */
const same = { seconds: 0.5, share: 1.005 }

export function verdictOf(ours: Figures, peer: string, theirs: Figures): Verdict {
  const cheaper = ours.usd <= theirs.usd * same.share
  const sooner = ours.p95 <= theirs.p95 + same.seconds
  const cost = `costs ${(ours.usd / theirs.usd).toFixed(2)} ×`
  const wait = `p95 ${round(ours.p95)} s against ${round(theirs.p95)} s`
  const head = { 3: 'holds', 2: 'waits longer', 1: 'costs more', 0: 'worse in both' }[
    (cheaper ? 2 : 0) + (sooner ? 1 : 0)
  ]
  const never = theirs.unfinished > 0 ? `; ${theirs.unfinished} tasks are never done there` : ''
  return { peer, cheaper, sooner, words: `${head}: ${cost}, ${wait}${never}` }
}

const round = (seconds: number) => (seconds < 10 ? seconds.toFixed(1) : Math.round(seconds).toString())
