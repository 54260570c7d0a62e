import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'

const run = promisify(execFile)
const usual = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/**
 * Starts a browser without a window: that of CHROME_PATH, one where they usually are, or else, on Debian as root,
 * Debian's, which it installs. Undefined where none of these can be had.
 */
export async function startChromium(): Promise<Browser | undefined> {
  const executablePath = process.env['CHROME_PATH'] ?? usual.find(existsSync) ?? (await install())
  if (executablePath === undefined) return undefined
  // biome-ignore format: one line of words
  const words = ['headless', 'no-sandbox', 'disable-gpu', 'disable-quic', 'no-first-run', 'disable-background-networking', 'disable-component-update', 'disable-sync']
  return chromium.launch({ executablePath, args: words.map((word) => `--${word}`) })
}

async function install(): Promise<string | undefined> {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return undefined
  console.error('installing chromium with apt-get ...')
  await run('apt-get', ['update'])
  await run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'])
  return '/usr/bin/chromium'
}
