import { startChromium } from '../../test/support/chromium.ts'
import type { Benchmark, Result } from './benchmark.ts'
import { startDev } from './views/dev.ts'
import { Ledger } from './views/ledger.ts'
import { startLoad } from './views/load.ts'
import { LivePage } from './views/page.ts'
import { measureRounds, type Round } from './views/rounds.ts'
import { ageOfPage, ageOfWatch, wrongInWatch, wrongOnPage } from './views/truth.ts'

/** What the project promises: a part of the workers' rate, and seconds. */
const most = { slowing: 0.02, age: 2 }

export const views: Benchmark = {
  id: 'views',
  measures:
    'tasks a second of the twelve workers of npm run dev, with and without its page in Chromium and npm run watch in a terminal, and how old what these show is',
  limit: 'the same workers under the same load while nobody looks',
  peers: 'none: it is about the views of this project',
  async *run(setting) {
    await using stack = new AsyncDisposableStack()
    const dev = await startDev(setting.broker)
    stack.defer(() => dev.stop())
    const page = await openPage(dev.pageUrl, stack)
    const load = startLoad(dev.local.endpoint, setting.signal)
    const ledger = new Ledger()
    const rounds = await measureRounds({ ...setting, signal: load.signal }, page, ledger)
    const viewers = (['page', 'watch'] as const).filter((viewer) => viewer === 'watch' || page)
    yield {
      results: viewers.map((viewer) => rateRow(viewer, rounds.counted)),
      remarks: [
        ...(page ? [] : ['the page is not measured: there is no Chromium; install it, or set CHROME_PATH']),
        ...rounds.remarks,
        ...viewers.map((viewer) => spread(viewer, rounds.counted)),
      ],
    }
    const ages = { page: page ? await ageOfPage(page, ledger) : Number.NaN, watch: await ageOfWatch(ledger) }
    setting.show('views: waiting until all is done')
    await load.stop()
    const wrong = {
      page: page ? await wrongOnPage(page, load.accepted) : [],
      watch: await wrongInWatch(ledger),
    }
    const results = viewers.map((viewer) => ageRow(viewer, ages[viewer], wrong[viewer].length === 0))
    yield { results, remarks: [...wrong.page, ...wrong.watch] }
    if (ledger.done !== load.accepted) throw new Error(`${load.accepted} tasks accepted, ${ledger.done} done`)
  },
}

async function openPage(url: string, stack: AsyncDisposableStack): Promise<LivePage | undefined> {
  const browser = await startChromium()
  if (browser === undefined) return undefined
  stack.defer(() => browser.close())
  return LivePage.of(browser, url)
}

type Viewer = 'page' | 'watch'

/** Of the workers' rate while nobody looks. */
const keptOf = (viewer: Viewer, rounds: readonly Round[]) =>
  quartiles(rounds.map(({ nobody, [viewer]: rate = 0 }) => rate / nobody))

function spread(viewer: Viewer, rounds: readonly Round[]): string {
  const { low, middle, high } = keptOf(viewer, rounds)
  const slower = (part: number) => `${(100 * (1 - part)).toFixed(1)} %`
  return `${viewer}: ${slower(middle)} slower, in half of the rounds ${slower(high)} to ${slower(low)}`
}

function rateRow(viewer: Viewer, rounds: readonly Round[]): Result {
  const kept = keptOf(viewer, rounds).middle
  const limit = quartiles(rounds.map(({ nobody }) => nobody)).middle
  return {
    id: `views/${viewer}`,
    ...{ unit: 'tasks/s', better: 'more', ours: limit * kept, limit, peers: {} },
    claim: { text: `slows the workers by at most ${100 * most.slowing} %`, holds: kept >= 1 - most.slowing },
  }
}

function ageRow(viewer: Viewer, age: number, exact: boolean): Result {
  return {
    id: `views/${viewer}-age`,
    ...{ unit: 's', better: 'less', ours: age, peers: {} },
    claim: {
      text: `shows what is at most ${most.age} s old, and exact figures once all is done`,
      holds: age <= most.age && exact,
    },
  }
}

function quartiles(values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => {
    const place = share * (sorted.length - 1)
    const [below = 0, above = 0] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
    return below + (above - below) * (place - Math.floor(place))
  }
  return { low: at(0.25), middle: at(0.5), high: at(0.75) }
}
