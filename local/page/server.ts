import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { readBody } from '../http-front.ts'
import { listenOnLoopback } from '../listen.ts'
import type { Controls } from './actions.ts'
import { act } from './actions.ts'
import { type Asset, buildAssets } from './assets.ts'
import { Feed, type FeedSources } from './feed.ts'
import type { NextTime } from './frame.ts'
import { safeHeaders, whyRefused } from './guard.ts'

/** The live page of `npm run dev`. */
export interface Page {
  /** `http://127.0.0.1:port/token/`: whoever has it may send tasks and change the workers. */
  readonly url: string
  /** Tells the browsers that task types have changed. */
  formsChanged(): Promise<void>
  close(): Promise<void>
}

/** A queue that has a page: `?queue=<name>`, the first one's also without. */
export type PageQueue = Pick<FeedSources, 'crew' | 'tally' | 'readFigures'>

/** The largest payload that a task may have, and what is around it. */
const maxBytes = 1024 * 1024

/**
 * Serves the page on the loopback address.
 * @param queues by name; may grow
 * @param schedules when each sends its next task
 * @throws esbuild's BuildFailure
 */
export async function startPage(
  endpoint: string,
  queues: ReadonlyMap<string, PageQueue>,
  schedules: () => readonly NextTime[] = () => [],
): Promise<Page> {
  const token = randomBytes(16).toString('base64url')
  const assets = buildAssets()
  const feeds = new Map<string, Feed>()
  const feedOf = (name: string, queue: PageQueue) => {
    const names = () => [...queues.keys()]
    const feed = feeds.get(name) ?? new Feed({ endpoint, name, queues: names, schedules, ...queue })
    feeds.set(name, feed)
    return feed
  }
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  const port = await listenOnLoopback(server, { port: 8_090, wanted: false })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(safeHeaders)) response.setHeader(name, value)
    const refused = whyRefused(request, port, token)
    if (refused !== undefined) return plain(response, 403, refused)
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
    const path = pathname.slice(token.length + 2)
    const name = searchParams.get('queue') ?? [...queues.keys()][0] ?? ''
    const queue = queues.get(name)
    if (queue === undefined) return plain(response, 404, `no queue ${name}`)
    if (request.method === 'POST' && path === 'act') {
      const body = await readBody(request, maxBytes)
      if (body === undefined) return plain(response, 413, 'too large')
      const text = JSON.stringify(await act(body.toString(), { endpoint, ...queue } satisfies Controls))
      return send(response, { type: 'application/json', body: text })
    }
    if (request.method !== 'GET') return plain(response, 405, 'not here')
    if (path === 'feed') return feedOf(name, queue).add(response)
    const asset = assets.get(path)
    return asset === undefined ? plain(response, 404, 'nothing here') : send(response, asset)
  }

  return {
    url: `http://127.0.0.1:${port}/${token}/`,
    formsChanged: async () =>
      void (await Promise.all([...feeds.values()].map((feed) => feed.formsChanged()))),
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const feed of feeds.values()) feed.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function send(response: ServerResponse, { type, body }: Asset): void {
  response.setHeader('content-type', `${type}; charset=utf-8`)
  response.end(body)
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status
  send(response, { type: 'text/plain', body: `${text}\n` })
}
