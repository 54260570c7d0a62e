import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** What a function answered an invocation with. */
export interface Answer {
  readonly ok: boolean
  readonly body: unknown
}

/** Lambda's side of the runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html */
export interface RuntimeApi {
  /** host:port, for AWS_LAMBDA_RUNTIME_API. */
  readonly address: string
  /** When the function asks for its first event. @throws Error with what it said when it could not be loaded. */
  readonly ready: Promise<void>
  /** Hands out one event at a time, as an execution environment takes them. */
  invoke(event: unknown, deadline: number): Promise<Answer>
  close(): Promise<void>
}

interface Invocation {
  readonly id: string
  readonly event: unknown
  readonly deadline: number
  readonly answered: (answer: Answer) => void
}

const largestBytes = 6 * 1024 * 1024

export async function startRuntimeApi(functionArn: string): Promise<RuntimeApi> {
  const waiting: Invocation[] = []
  const running = new Map<string, Invocation>()
  const initialized = Promise.withResolvers<void>()
  initialized.promise.catch(() => undefined)
  let poll: ServerResponse | undefined
  const handOut = () => {
    const next = poll && waiting.shift()
    if (!poll || !next) return
    running.set(next.id, next)
    poll.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': next.id,
      'lambda-runtime-deadline-ms': String(next.deadline),
      'lambda-runtime-invoked-function-arn': functionArn,
    })
    poll.end(JSON.stringify(next.event))
    poll = undefined
  }
  const server = createServer(async (request, response) => {
    const path = request.url?.replace('/2018-06-01/runtime/', '') ?? ''
    if (path === 'invocation/next') {
      poll = response
      initialized.resolve()
      return handOut()
    }
    const body = JSON.parse(await text(request))
    response.writeHead(202).end()
    if (path === 'init/error') return initialized.reject(new Error(`${body.errorType}: ${body.errorMessage}`))
    const [, id = '', how] = path.split('/')
    running.get(id)?.answered({ ok: how === 'response', body })
    running.delete(id)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    ready: initialized.promise,
    invoke(event, deadline) {
      const bytes = Buffer.byteLength(JSON.stringify(event))
      if (bytes > largestBytes)
        throw new Error(`an event has at most ${largestBytes} bytes, this has ${bytes}`)
      return new Promise((answered) => {
        waiting.push({ id: randomUUID(), event, deadline, answered })
        handOut()
      })
    },
    async close() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
