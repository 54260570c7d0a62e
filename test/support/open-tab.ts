import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page as Tab } from 'playwright-core'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Opens an address. What goes wrong in the page is added to `problems`. */
export async function openTab(
  browser: Browser,
  url: string,
  problems: string[],
  { width, dark = false }: { readonly width: number; readonly dark?: boolean } = { width: 1_100 },
): Promise<Tab> {
  const tab = await browser.newPage({
    ...{ viewport: { width, height: 900 }, colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce' },
  })
  tab.on('console', (message) => problems.push(message.text()))
  tab.on('pageerror', (error) => problems.push(error.message))
  await tab.goto(url)
  return tab
}

/** What axe-core finds wrong with the page as it is: rule, and where. */
export async function inaccessible(tab: Tab): Promise<string[]> {
  await tab.evaluate(axe)
  const found = await tab.evaluate(
    `axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ' ' + node.target.join(' ') + ' ' + node.failureSummary)))`,
  )
  return found as string[]
}
