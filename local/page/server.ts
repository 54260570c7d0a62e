import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { readBody } from '../http-front.ts'
import { listenOnLoopback } from '../listen.ts'
import { type Asset, buildAssets, type Titles } from './assets.ts'
import { atDesk, type Desk } from './desk.ts'
import type { ActionResult } from './desk-words.ts'
import { safeHeaders, whyRefused } from './guard.ts'
import { whenLeft } from './left.ts'

/** A page that is served on loopback. */
export interface Site {
  /** `http://127.0.0.1:port/token/`: whoever has it may do what the page can do. */
  readonly url: string
  close(): Promise<void>
}

/** A queue that has a page: `?queue=<name>`, the first one's also without. */
export interface PageQueue {
  /** Sends events to this viewer until it goes. */
  watch(viewer: ServerResponse): unknown
  /** Does what only this kind of page can; `text` is the request's body. */
  act(text: string): Promise<ActionResult>
  /** @throws Error, one sentence, where nobody can be asked */
  desk(): Promise<Desk>
}

/** All queues that have pages. */
export interface PageQueues {
  /** Their names, the default one first; may grow. */
  keys(): Iterable<string>
  get(name: string): PageQueue | undefined
  /** Ends what is sent to viewers. */
  close(): void
}

/** As much as Lambda takes: a group of dead letters is redriven by their ids. */
const maxBytes = 6 * 1024 * 1024

/**
 * Serves the page on the loopback address.
 * @throws esbuild's BuildFailure
 */
export async function servePage(titles: Titles, queues: PageQueues): Promise<Site> {
  const token = randomBytes(16).toString('base64url')
  const assets = buildAssets(titles)
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  const port = await listenOnLoopback(server, { port: 8_090, wanted: false })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(safeHeaders)) response.setHeader(name, value)
    const refused = whyRefused(request, port, token, titles.command)
    if (refused !== undefined) return plain(response, 403, refused)
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
    const path = pathname.slice(token.length + 2)
    const name = searchParams.get('queue') ?? [...queues.keys()][0] ?? ''
    const queue = queues.get(name)
    if (queue === undefined) return plain(response, 404, `no queue ${name}`)
    if (request.method === 'POST' && (path === 'act' || path === 'desk'))
      return post(queue, path, request, response)
    if (request.method !== 'GET') return plain(response, 405, 'not here')
    if (path === 'feed') return void (await queue.watch(response))
    const asset = assets.get(path)
    return asset === undefined ? plain(response, 404, 'nothing here') : send(response, asset)
  }

  return {
    url: `http://127.0.0.1:${port}/${token}/`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      queues.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function post(
  queue: PageQueue,
  path: 'act' | 'desk',
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request, maxBytes)
  if (body === undefined) return plain(response, 413, 'too large')
  const gone = new AbortController()
  whenLeft(response, () => gone.abort())
  const result =
    path === 'act'
      ? await queue.act(body.toString())
      : await atDesk(body.toString(), () => queue.desk(), gone.signal)
  send(response, { type: 'application/json', body: JSON.stringify(result) })
}

function send(response: ServerResponse, { type, body }: Asset): void {
  response.setHeader('content-type', `${type}; charset=utf-8`)
  response.end(body)
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status
  send(response, { type: 'text/plain', body: `${text}\n` })
}
