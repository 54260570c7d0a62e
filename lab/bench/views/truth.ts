import { setTimeout as pause } from 'node:timers/promises'
import type { Ledger } from './ledger.ts'
import type { LivePage } from './page.ts'
import { looks } from './terminal.ts'

/** Seconds that what the page shows is old, under load: the oldest of some samples. */
export async function ageOfPage(page: LivePage, ledger: Ledger): Promise<number> {
  await page.open()
  const ages: number[] = []
  for (let sample = 0; sample < 10; sample += 1) {
    // meets the page at all ages of its frames
    await pause(730)
    const { at, figures } = await page.shown()
    await pause(50)
    ledger.read()
    ages.push(ledger.age(figures.get('done') ?? 0, at))
  }
  return Math.max(...ages) / 1_000
}

/** The same for `watch`: what it has not counted yet of its minute, at the rate at which that was done. */
export async function ageOfWatch(ledger: Ledger): Promise<number> {
  const seen = await looks(5)
  ledger.read()
  const ages = seen.map(({ asOf = 0, windowSeconds, classes }) => {
    const [from, to] = [asOf - windowSeconds * 1_000, asOf]
    const missing = ledger.logged(from, to) - sum(classes.map(({ done }) => done))
    return missing / ledger.rate(from, to)
  })
  return Math.max(0, ...ages)
}

/** What the page says, once all is done, that producer, workers and broker do not. */
export async function wrongOnPage(page: LivePage, accepted: number): Promise<string[]> {
  const wanted = { done: accepted, ready: 0, 'in flight*': 0, 'failed tries': 0, lost: 0 }
  return settled(async () => {
    const { figures } = await page.shown()
    return Object.entries(wanted).flatMap(([name, value]) =>
      figures.get(name) === value ? [] : [`the page shows ${name} ${figures.get(name)}, it is ${value}`],
    )
  })
}

/** The same for `watch`. */
export async function wrongInWatch(ledger: Ledger): Promise<string[]> {
  return settled(async () => {
    const [look] = await looks(1)
    if (look?.asOf === undefined) return ['watch shows nothing']
    const { asOf, windowSeconds, classes, queue } = look
    ledger.read()
    const wanted = {
      done: [sum(classes.map(({ done }) => done)), ledger.logged(asOf - windowSeconds * 1_000, asOf)],
      ready: [queue.ready, 0],
      'in flight': [queue.inFlight, 0],
    }
    return Object.entries(wanted).flatMap(([name, [shown, value]]) =>
      shown === value ? [] : [`watch shows ${name} ${shown}, it is ${value}`],
    )
  })
}

/** What is still wrong when the broker's statistics, which are some seconds old, have had time to come. */
async function settled(differences: () => Promise<string[]>): Promise<string[]> {
  const giveUpAt = Date.now() + 30_000
  for (;;) {
    const wrong = await differences()
    if (wrong.length === 0 || Date.now() > giveUpAt) return wrong
    await pause(1_000)
  }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
