import { setTimeout as pause } from 'node:timers/promises'
import type { Setting } from '../benchmark.ts'
import type { Ledger } from './ledger.ts'
import { cpuOfOthers } from './others.ts'
import type { LivePage } from './page.ts'
import { openTerminal } from './terminal.ts'

/** Tasks a second of one round, by who looked meanwhile. */
export interface Round {
  readonly nobody: number
  /** Undefined without a browser. */
  readonly page: number | undefined
  readonly watch: number
  /** What else used the machine meanwhile, in cores, at its worst. */
  readonly others: number
}

type Viewer = Exclude<keyof Round, 'others'>
/** What drifts meets all alike. */
const orders: readonly (readonly Viewer[])[] = [
  ['nobody', 'page', 'watch'],
  ['watch', 'page', 'nobody'],
  ['page', 'nobody', 'watch'],
  ['watch', 'nobody', 'page'],
]
/** The first ones warm up, and give `watch` most of the minute that it counts over; they are not counted. */
const rounds = { warm: 3, counted: 20 }
/** Milliseconds that a viewer has to come up, and that it is then measured. */
const [settleMs, windowMs] = [1_000, 2_500]

/** A round in which others use so many cores more than in the quietest says nothing of a few percent. */
const disturbance = 0.15
const fewest = 5

/** The rounds that say something, and how far they can be trusted. */
export interface Rounds {
  readonly counted: readonly Round[]
  readonly remarks: readonly string[]
}

/** Measures the workers again and again, while nobody, the page and the terminal look in turn. */
export async function measureRounds(
  { show, say, signal }: Setting,
  page: LivePage | undefined,
  ledger: Ledger,
): Promise<Rounds> {
  const measured: Round[] = []
  const all = rounds.warm + rounds.counted
  for (let number = 0; number < all; number += 1) {
    const rates = new Map<Viewer, number>()
    let others = 0
    for (const viewer of orders[number % orders.length] ?? []) {
      if (viewer === 'page' && !page) continue
      show(`views: round ${number + 1} of ${all}, ${viewer} looks`)
      await using _ = await look(viewer, page)
      await pause(settleMs, undefined, { signal })
      const before = cpuOfOthers()
      const from = Date.now()
      await pause(windowMs, undefined, { signal })
      const to = Date.now()
      others = Math.max(others, ((cpuOfOthers() - before) * 1_000) / (to - from))
      // the last ones have to be heard
      await pause(200)
      ledger.read()
      rates.set(viewer, ledger.rate(from, to))
    }
    const [nobody = 0, watch = 0] = [rates.get('nobody'), rates.get('watch')]
    const round = { nobody, page: rates.get('page'), watch, others }
    const counted = number >= rounds.warm
    say(`  round ${number + 1}${counted ? '' : ', not counted'}: ${describe(round)}`)
    if (counted) measured.push(round)
  }
  return undisturbed(measured)
}

function undisturbed(rounds: readonly Round[]): Rounds {
  const least = Math.min(...rounds.map(({ others }) => others))
  const quiet = rounds.filter(({ others }) => others < least + disturbance)
  const left = rounds.length - quiet.length
  if (left === 0) return { counted: rounds, remarks: [] }
  if (quiet.length >= fewest)
    return {
      counted: quiet,
      remarks: [`${left} rounds are left out, in which something else used the machine`],
    }
  const doubt = `something else used the machine in ${left} of ${rounds.length} rounds: the figures mean little`
  return { counted: rounds, remarks: [doubt] }
}

async function look(viewer: Viewer, page: LivePage | undefined): Promise<AsyncDisposable> {
  if (viewer === 'watch') return openTerminal()
  if (viewer === 'page') await page?.open()
  return { [Symbol.asyncDispose]: async () => void (viewer === 'page' && (await page?.close())) }
}

function describe({ nobody, page, watch, others }: Round): string {
  const shown = page === undefined ? '–' : page.toFixed(0)
  return `nobody ${nobody.toFixed(0)}, page ${shown}, watch ${watch.toFixed(0)} tasks a second; others ${others.toFixed(2)} cores`
}
