import type { Browser, Page as Tab } from 'playwright-core'

/** The live page in a browser. */
export class LivePage {
  readonly #tab: Tab
  readonly #url: string

  private constructor(tab: Tab, url: string) {
    this.#tab = tab
    this.#url = url
  }

  static async of(browser: Browser, url: string): Promise<LivePage> {
    return new LivePage(await browser.newPage({ viewport: { width: 1_100, height: 900 } }), url)
  }

  async open(): Promise<void> {
    await this.#tab.goto(this.#url)
  }

  async close(): Promise<void> {
    await this.#tab.goto('about:blank')
  }

  /** Figures that it shows, by name, and when, in milliseconds since 1970. */
  async shown(): Promise<{ readonly at: number; readonly figures: ReadonlyMap<string, number> }> {
    const script = `[Date.now(), [...document.querySelectorAll('dl > div')].map((one) => [...one.children].map((part) => part.innerText))]`
    const [at, pairs] = (await this.#tab.evaluate(script)) as [number, [string, string][]]
    return { at, figures: new Map(pairs.map(([name, value]) => [name, Number(value.replaceAll(',', ''))])) }
  }
}
