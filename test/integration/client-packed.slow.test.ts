import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type Answers, type Received, startAnswering } from '../support/answering.ts'
import { startChromium } from '../support/chromium.ts'
import { startProducer } from '../support/producer.ts'
import { createQueue } from '../support/queue.ts'
import { readTasks } from '../support/read-tasks.ts'

const root = resolve(import.meta.dirname, '../..')
/** Another service's folder, which has nothing of the repository but the package. */
const folder = mkdtempSync(join(tmpdir(), 'warren-consumer-'))
afterAll(() => rmSync(folder, { recursive: true }))

function run(command: string, args: readonly string[], cwd = folder): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    return (error as { stdout: string }).stdout || String(error)
  }
}

beforeAll(() => {
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }')
  run('npm', ['pack', '--pack-destination', folder, '-w', 'client', '--loglevel=error'], root)
  const [archive = 'none'] = readdirSync(folder).filter((file) => file.endsWith('.tgz'))
  run('npm', ['install', `./${archive}`, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
}, 300_000)

/** As the producer that another service reaches. */
async function startSystem() {
  const stack = new AsyncDisposableStack()
  const queue = stack.use(await createQueue(inject('broker')))
  const producer = stack.use(await startProducer(inject('bundles'), queue.environment('producer')))
  return { queue, producer, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

describe('the packed client, installed elsewhere', () => {
  it('holds what it needs and nothing else of ours', () => {
    const installed = join(folder, 'node_modules/warren-client')
    expect(readdirSync(installed).toSorted()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json'])
    const files = readdirSync(join(installed, 'dist'))
    expect(files).toContain('index.js')
    expect(run('grep', ['-rlE', "from '(\\.\\./|zod)", join(installed, 'dist')])).not.toMatch(
      /\.(js|d\.ts)$/m,
    )
  })

  it('compiles in a strict TypeScript consumer, which may send the types of the registry alone', () => {
    const lines = (
      send: string,
    ) => `import { createClient, NotAcceptedError, type NewTask } from 'warren-client'
const client = createClient({ endpoint: 'https://example.com', region: 'eu-central-1' })
export const id: Promise<string> = ${send}
export const batch: NewTask[] = [{ type: 'sleep', payload: { ms: 1 } }]
export const failed = (error: unknown) => (error instanceof NotAcceptedError ? error.failed : [])
`
    writeFileSync(join(folder, 'right.ts'), lines("client.send('sleep', { ms: 1 }, { priority: 3 })"))
    writeFileSync(join(folder, 'wrong.ts'), lines("client.send('sleep', { ms: 'long' })"))
    writeFileSync(join(folder, 'unknown.ts'), lines("client.send('slep', { ms: 1 })"))
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--lib', 'es2023,dom', '--types', '']
    const compile = (file: string) => run(join(root, 'node_modules/.bin/tsc'), [...options, file])
    expect(compile('right.ts')).toBe('')
    const [, shown = ''] =
      /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'client/README.md'), 'utf8')) ?? []
    expect(shown).toContain('createClient(')
    writeFileSync(join(folder, 'shown.ts'), `${shown}export { ids, state, result, reason }\n`)
    expect(compile('shown.ts')).toBe('')
    expect(compile('wrong.ts')).toMatch(/^wrong\.ts\(3,.*'string' is not assignable to type 'number'/)
    expect(compile('unknown.ts')).toMatch(/^unknown\.ts\(3,/)
  }, 120_000)

  it('sends from Node', async () => {
    await using system = await startSystem()
    writeFileSync(
      join(folder, 'send.mjs'),
      `import { createClient } from 'warren-client'
const client = createClient({ endpoint: process.argv[2] })
console.log(await client.send('sleep', { ms: 1 }, { id: 'from-node' }), JSON.stringify(await client.depth()))
`,
    )
    expect(run(process.execPath, ['send.mjs', system.producer.url])).toMatch(/^from-node \{"ready":\d+/)
    expect(await readTasks(system.queue)).toMatchObject([
      { id: 'from-node', type: 'sleep', payload: { ms: 1 } },
    ])
  }, 60_000)

  it('sends from a browser, signed with the credentials that the page has', async ({ skip }) => {
    await using stack = new AsyncDisposableStack()
    const browser = await startChromium()
    if (!browser) return skip('there is no Chromium here: install it, or set CHROME_PATH')
    stack.defer(() => browser.close())
    const system = stack.use(await startSystem())
    const bundle = bundleForBrowsers()
    // what stands before page and API on one origin
    const answer: Answers = async ({ method, body }) => {
      if (method === 'GET') return { status: 200, body: `<!doctype html><script>${bundle}</script>` }
      const { status, body: said } = await system.producer.post(body)
      return { status, body: said }
    }
    const front = stack.use(await startAnswering(...Array.from({ length: 9 }, () => answer)))
    const tab = await browser.newPage()
    await tab.goto(front.url)
    expect(await tab.evaluate('send({ endpoint: location.origin })')).toEqual(['page-1', 'page-2'])
    const credentials = "{ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-a-secret' }"
    await tab.evaluate(
      `send({ endpoint: location.origin, region: 'eu-central-1', credentials: ${credentials} })`,
    )
    await expect(tab.evaluate("send({ endpoint: 'https://example.com', region: 'x' })")).rejects.toThrow(
      'no credentials: here createClient must be given them',
    )
    const posts = front.requests.filter(({ method }: Received) => method === 'POST')
    expect(posts.map(({ headers }) => /^AWS4-HMAC-SHA256/.test(headers.authorization ?? ''))).toEqual([
      false,
      true,
    ])
    expect((await readTasks(system.queue)).map(({ id }) => id)).toEqual([
      'page-1',
      'page-2',
      'page-1',
      'page-2',
    ])
  }, 120_000)
})

/** By what anybody bundles with; the page has a function `send`. */
function bundleForBrowsers(): string {
  const contents = `import { createClient } from 'warren-client'
globalThis.send = (options) => createClient(options).sendBatch(
  [1, 2].map((number) => ({ id: 'page-' + number, type: 'sleep', payload: { ms: number } })))
`
  const { outputFiles } = buildSync({
    stdin: { contents, resolveDir: folder },
    bundle: true,
    platform: 'browser',
    format: 'iife',
    minify: true,
    write: false,
  })
  const text = outputFiles[0]?.text ?? ''
  expect(text.length).toBeLessThan(20_000)
  return text.replaceAll('</script', '<\\/script')
}
