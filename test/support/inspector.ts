import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { fileURLToPath } from 'node:url'
import { until } from './until.ts'

/** A message of the inspector protocol. */
interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: Params
  readonly result?: Params
}
// biome-ignore lint/suspicious/noExplicitAny: the protocol's types are a package of their own
type Params = Record<string, any>

/** A debugger that has attached to the worker threads of a process, as VS Code does: by the domain NodeWorker. */
export interface Inspector extends Disposable {
  /** Calls a method in a thread. */
  call(session: string, method: string, params?: Params): Promise<Params>
  /** Waits for an event of whatever thread. */
  event(method: string, wanted: (params: Params) => boolean): Promise<Params & { readonly session: string }>
}

/** Attaches to a process whose inspector listens at this port. */
export async function attachInspector(port: number): Promise<Inspector> {
  const url = await until(
    async () => {
      const [target] = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as Params[]
      return target?.['webSocketDebuggerUrl'] as string | undefined
    },
    { within: 60, what: 'the inspector listens' },
  )
  const socket = new WebSocket(url)
  await once(socket, 'open')
  const answers = new Map<number, (result: Params) => void>()
  const events: (Params & { readonly session: string; readonly method: string })[] = []
  let calls = 0
  const send = (text: (id: number) => object) => {
    calls += 1
    const { promise, resolve } = Promise.withResolvers<Params>()
    answers.set(calls, resolve)
    socket.send(JSON.stringify(text(calls)))
    return promise
  }
  const call: Inspector['call'] = (session, method, params = {}) =>
    send((id) => {
      const message = JSON.stringify({ id, method, params })
      return { id: 0, method: 'NodeWorker.sendMessageToWorker', params: { sessionId: session, message } }
    })
  socket.addEventListener('message', ({ data }) => {
    const { method, params = {} } = JSON.parse(String(data)) as Message
    if (method === 'NodeWorker.attachedToWorker') void call(params['sessionId'], 'Debugger.enable')
    if (method !== 'NodeWorker.receivedMessageFromWorker') return
    const inner = JSON.parse(params['message']) as Message
    if (inner.id !== undefined) answers.get(inner.id)?.(inner.result ?? inner)
    else events.push({ ...inner.params, session: params['sessionId'], method: inner.method ?? '' })
  })
  socket.send(
    JSON.stringify({ id: 0, method: 'NodeWorker.enable', params: { waitForDebuggerOnStart: false } }),
  )
  return {
    call,
    event: (method, wanted) =>
      until(() => events.find((event) => event.method === method && wanted(event)), {
        within: 60,
        what: `the inspector says ${method}`,
      }),
    [Symbol.dispose]: () => socket.close(),
  }
}

/** The source map of a script that the inspector has told of. */
export class ScriptMap {
  readonly #map: SourceMap
  readonly #lines: readonly string[]

  constructor(script: Params) {
    const file = fileURLToPath(script['url'])
    this.#lines = readFileSync(file, 'utf8').split('\n')
    const map = fileURLToPath(new URL(script['sourceMapURL'], script['url']))
    this.#map = new SourceMap(JSON.parse(readFileSync(map, 'utf8')))
  }

  /** `own.handler.ts:4` for a place in the script; both count from 0 there. */
  sourceOf(lineNumber: number, columnNumber: number): string {
    const entry = this.#map.findEntry(lineNumber, columnNumber)
    if (!('originalLine' in entry)) return ''
    return `${entry.originalSource.split('/').at(-1)}:${entry.originalLine + 1}`
  }

  /** Where in the script a line of its source begins, as a debugger finds it. */
  find(source: string): { readonly lineNumber: number; readonly columnNumber: number } {
    for (const [lineNumber, line] of this.#lines.entries()) {
      for (let columnNumber = 0; columnNumber < line.length; columnNumber += 1)
        if (this.sourceOf(lineNumber, columnNumber) === source) return { lineNumber, columnNumber }
    }
    throw new Error(`the script has nothing of ${source}`)
  }
}
