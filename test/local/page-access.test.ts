import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Crew } from '../../local/crew.ts'
import type { Desk } from '../../local/page/desk.ts'
import { type Page, startPage } from '../../local/page/dev-page.ts'
import { Tally } from '../../local/page/tally.ts'

let page: Page
let url: URL
const added: string[] = []
const paused: boolean[] = []
const desk = {
  setPaused: async (to: boolean) => {
    paused.push(to)
    return { ok: true, message: 'paused' }
  },
} as unknown as Desk

beforeAll(async () => {
  const crew = { mode: 'fair', count: () => 1, add: (name: string) => added.push(name) } as unknown as Crew
  const readFigures = () => Promise.reject(new Error('no broker here'))
  const queue = { crew, tally: new Tally(), readFigures }
  page = await startPage({
    endpoint: 'http://127.0.0.1:9',
    queues: new Map([['tasks', queue]]),
    schedules: () => [],
    desk: async () => desk,
  })
  url = new URL(page.url)
})
afterAll(() => page.close())

interface Asked {
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
}

/** As a browser sends it, but for what the test changes. */
async function ask({ path = url.pathname, method = 'GET', headers = {}, body }: Asked) {
  const sent = request({
    host: '127.0.0.1',
    port: url.port,
    path,
    method,
    headers: { host: url.host, ...headers },
  })
  sent.end(body && JSON.stringify(body))
  const [response] = await once(sent, 'response')
  return { status: response.statusCode, headers: response.headers, body: await text(response) }
}
const act = (headers: Record<string, string>, path = `${url.pathname}act`) =>
  ask({ path, method: 'POST', headers, body: { action: 'add', class: 'fast' } })
const wish = (headers: Record<string, string>, path = `${url.pathname}desk`) =>
  ask({ path, method: 'POST', headers, body: { wish: 'pause' } })

test('a browser that has the address gets the page, under a policy that runs and loads nothing else', async () => {
  const { status, headers, body } = await ask({})
  expect(status).toBe(200)
  expect(body).toContain('<script type="module" src="page.js">')
  expect(headers['content-security-policy']).toMatch(
    /^default-src 'none'; script-src 'self'; style-src 'self';/,
  )
  expect(headers['content-security-policy']).not.toContain('unsafe')
  expect(headers).toMatchObject({ 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff' })
})

test('the page itself may act', async () => {
  const { status, body } = await act({ origin: url.origin })
  expect({ status, ...JSON.parse(body) }).toMatchObject({ status: 200, ok: true })
  expect(added.splice(0)).toEqual(['fast'])
  expect((await wish({ origin: url.origin })).status).toBe(200)
  expect(paused.splice(0)).toEqual([true])
})

test('a foreign page may not, with the token or without', async () => {
  const foreign = { origin: 'http://evil.example' }
  for (const path of [`${url.pathname}act`, '/act'])
    expect(await act(foreign, path)).toMatchObject({ status: 403 })
  for (const path of [`${url.pathname}desk`, '/desk'])
    expect(await wish(foreign, path)).toMatchObject({ status: 403 })
  expect(await act({ origin: 'null' })).toMatchObject({ status: 403 })
  expect(await act({ origin: `http://127.0.0.1:${Number(url.port) + 1}` })).toMatchObject({ status: 403 })
  expect([...added, ...paused]).toEqual([])
})

test('a request without an origin may look and not act', async () => {
  expect(await act({})).toMatchObject({ status: 403 })
  expect(await wish({})).toMatchObject({ status: 403 })
  expect(await ask({ path: `${url.pathname}page.css` })).toMatchObject({ status: 200 })
  expect([...added, ...paused]).toEqual([])
})

test('a name that was pointed at this machine is refused, also where its origin fits', async () => {
  for (const host of ['evil.example', `evil.example:${url.port}`, '127.0.0.1']) {
    const headers = { host, origin: `http://${host}` }
    expect(await act(headers), host).toMatchObject({ status: 403 })
    expect(await wish(headers), host).toMatchObject({ status: 403 })
    expect(await ask({ headers: { host } }), host).toMatchObject({ status: 403 })
  }
  expect([...added, ...paused]).toEqual([])
})

test('nothing is shown or done without the token', async () => {
  const wrong = `/${'A'.repeat(url.pathname.length - 2)}/`
  for (const start of ['/', '//', wrong, url.pathname.slice(0, -2), `${url.pathname.slice(0, -1)}x/`]) {
    for (const path of [start, `${start}feed`, `${start}page.js`]) {
      expect(await ask({ path }), path).toMatchObject({ status: 403 })
    }
    expect(await act({ origin: url.origin }, `${start}act`), start).toMatchObject({ status: 403 })
    expect(await wish({ origin: url.origin }, `${start}desk`), start).toMatchObject({ status: 403 })
  }
  expect([...added, ...paused]).toEqual([])
})

test('what it does not know it refuses in words', async () => {
  const response = await fetch(`${page.url}act`, {
    method: 'POST',
    headers: { origin: url.origin },
    body: JSON.stringify({ action: 'add', class: 'purple' }),
  })
  expect(await response.json()).toEqual({ ok: false, message: expect.stringContaining('class') })
  expect(await ask({ path: `${url.pathname}other` })).toMatchObject({ status: 404 })
  expect(await ask({ method: 'DELETE', headers: { origin: url.origin } })).toMatchObject({ status: 405 })
})
