import { setTimeout as pause } from 'node:timers/promises'
import type { Setting } from '../benchmark.ts'
import type { Ledger } from './ledger.ts'
import type { LivePage } from './page.ts'
import { openTerminal } from './terminal.ts'

/** Tasks a second of one round, by who looked meanwhile. */
export interface Round {
  readonly nobody: number
  /** Undefined without a browser. */
  readonly page: number | undefined
  readonly watch: number
}

type Viewer = keyof Round
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

/** Measures the workers again and again, while nobody, the page and the terminal look in turn. */
export async function measureRounds(
  { show, say, signal }: Setting,
  page: LivePage | undefined,
  ledger: Ledger,
): Promise<Round[]> {
  const measured: Round[] = []
  const all = rounds.warm + rounds.counted
  for (let number = 0; number < all; number += 1) {
    const rates = new Map<Viewer, number>()
    for (const viewer of orders[number % orders.length] ?? []) {
      if (viewer === 'page' && !page) continue
      show(`views: round ${number + 1} of ${all}, ${viewer} looks`)
      await using _ = await look(viewer, page)
      await pause(settleMs, undefined, { signal })
      const from = Date.now()
      await pause(windowMs, undefined, { signal })
      const to = Date.now()
      // the last ones have to be heard
      await pause(200)
      ledger.read()
      rates.set(viewer, ledger.rate(from, to))
    }
    const [nobody = 0, watch = 0] = [rates.get('nobody'), rates.get('watch')]
    const round = { nobody, page: rates.get('page'), watch }
    const counted = number >= rounds.warm
    say(`  round ${number + 1}${counted ? '' : ', not counted'}: ${describe(round)} tasks a second`)
    if (counted) measured.push(round)
  }
  return measured
}

async function look(viewer: Viewer, page: LivePage | undefined): Promise<AsyncDisposable> {
  if (viewer === 'watch') return openTerminal()
  if (viewer === 'page') await page?.open()
  return { [Symbol.asyncDispose]: async () => void (viewer === 'page' && (await page?.close())) }
}

function describe({ nobody, page, watch }: Round): string {
  const shown = page === undefined ? '–' : page.toFixed(0)
  return `nobody ${nobody.toFixed(0)}, page ${shown}, watch ${watch.toFixed(0)}`
}
