import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describedBy } from './described.ts'
import { until } from './until.ts'

/** The bundled producer, running; `await using` ends it. */
export interface TestProducer extends AsyncDisposable {
  /** Of its HTTP front. */
  readonly url: string
  readonly pid: number
  /** Waits until its log has a line that fits, and gives it: a line may be read after the answer that it tells of. */
  line(fits: (line: ProducerLine) => boolean): Promise<ProducerLine>
  /** Ends it, and gives its whole log. */
  stop(): Promise<readonly ProducerLine[]>
  /** POST /tasks with JSON, unless other headers are given. */
  post(body: unknown, headers?: Readonly<Record<string, string>>): Promise<ProducerAnswer>
  get(path: string): Promise<ProducerAnswer>
  /** Invokes the function itself. Rejects with the message of what it throws. */
  invoke(event: unknown): Promise<unknown>
  /** Whether the process still runs: no input may end it. */
  running(): boolean
}

/** A line of the producer's log. */
export interface ProducerLine {
  readonly msg: string
  readonly reason?: string
}

export interface ProducerAnswer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests assert what it is
  readonly body: any
}

/**
 * Starts a producer that has these environment variables and nothing else of this process. Each answer of it is held to
 * the description that it serves.
 * @throws Error with what it wrote to standard error, when it ends at once
 * @param bundles folder of the bundles
 */
export async function startProducer(bundles: string, variables: object): Promise<TestProducer> {
  const child = fork(new URL('producer-process.ts', import.meta.url), [`${bundles}/producer/index.mjs`], {
    env: { PATH: process.env['PATH'], ...variables },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
    execArgv: [],
  })
  const log: ProducerLine[] = []
  if (child.stdout) createInterface(child.stdout).on('line', (line) => log.push(JSON.parse(line)))
  let errors = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const [{ url }] = await Promise.race([
    once(child, 'message'),
    once(child, 'close').then(([code]) =>
      Promise.reject(new Error(`the producer ended with status ${code}: ${errors}`)),
    ),
  ])
  const closed = once(child, 'close')
  const end = async () => {
    child.kill('SIGKILL')
    await closed
  }
  const check = describedBy(`${bundles}/producer`)
  const ask = async (method: 'GET' | 'POST', path: string, request: RequestInit): Promise<ProducerAnswer> => {
    const response = await fetch(`${url}${path}`, { method, ...request })
    const { status, headers } = response
    const text = await response.text()
    const body = text === '' ? '' : JSON.parse(text)
    const sent = typeof request.body === 'string' ? { sent: request.body } : {}
    check?.({ method, path, ...sent, status, contentType: headers.get('content-type'), received: body })
    return { status, headers, body }
  }
  return {
    url,
    pid: child.pid ?? 0,
    line: (fits) =>
      until(() => log.find(fits), { within: 60, what: 'a line of the producer' }).catch((error) => {
        throw new Error(`${error.message}; its log: ${JSON.stringify(log)}`)
      }),
    async stop() {
      await end()
      return log
    },
    post: (body, headers = { 'content-type': 'application/json' }) =>
      ask('POST', '/tasks', {
        headers,
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
      }),
    get: (path) => ask('GET', path, {}),
    invoke: (event) => invoke(child, event),
    running: () => child.exitCode === null && child.signalCode === null,
    [Symbol.asyncDispose]: end,
  }
}

interface Reply {
  readonly invocation: number
  readonly result?: unknown
  readonly error?: string
}

let invocations = 0

function invoke(child: ChildProcess, event: unknown): Promise<unknown> {
  const invocation = invocations++
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error('the producer ended'))
    const onMessage = (reply: Reply) => {
      if (reply.invocation !== invocation) return
      child.off('message', onMessage).off('exit', onExit)
      if (reply.error === undefined) resolve(reply.result)
      else reject(new Error(reply.error))
    }
    child.on('message', onMessage).on('exit', onExit)
    child.send({ invocation, event })
  })
}
