import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'

/** One request to DynamoDB: its operation, such as `PutItem`, and its body. */
export interface LedgerCall {
  /** The access key that has signed it. */
  readonly accessKey: string
  readonly operation: string
  readonly body: string
}

/**
 * What becomes of a call: `pass`; `refuse` closes the connection, as a DynamoDB that is away; `throttle` answers that it
 * is too much, `deny` that the caller may not; `swallow` does it and never answers; a number passes it on after so many milliseconds.
 */
export type Treatment = 'pass' | 'refuse' | 'throttle' | 'deny' | 'swallow' | number

/** Stands before a DynamoDB and does to it what a test wants; `await using` closes it. */
export interface LedgerFront extends AsyncDisposable {
  readonly endpoint: string
  /** All calls so far. */
  readonly calls: readonly LedgerCall[]
  /** From now on. */
  treat(treatment: (call: LedgerCall) => Treatment): void
}

const errors = {
  throttle: {
    __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
    message: 'Rate exceeded',
  },
  deny: {
    __type: 'com.amazon.coral.service#AccessDeniedException',
    message: 'the caller is not authorized to perform this',
  },
}

export async function startLedgerFront(endpoint: string): Promise<LedgerFront> {
  const calls: LedgerCall[] = []
  let treatment: (call: LedgerCall) => Treatment = () => 'pass'
  const server = createServer(async (incoming, outgoing) => {
    const content = await buffer(incoming).catch(() => undefined)
    if (!content) return
    const operation = String(incoming.headers['x-amz-target']).split('.').at(-1) ?? ''
    const accessKey = /Credential=([^/]+)\//.exec(incoming.headers.authorization ?? '')?.[1] ?? ''
    const call = { operation, accessKey, body: content.toString() }
    calls.push(call)
    const how = treatment(call)
    if (typeof how === 'number') await pause(how)
    if (how === 'refuse') incoming.socket.destroy()
    else if (how === 'throttle' || how === 'deny')
      outgoing
        .writeHead(400, { 'content-type': 'application/x-amz-json-1.0' })
        .end(JSON.stringify(errors[how]))
    else forward(endpoint, incoming, content, how === 'swallow' ? undefined : outgoing)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    treat(next) {
      treatment = next
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

function forward(
  endpoint: string,
  { method, headers }: IncomingMessage,
  content: Buffer,
  outgoing: ServerResponse | undefined,
): void {
  const onwards = request(endpoint, { method, headers }, async (answer) => {
    const body = await buffer(answer).catch(() => undefined)
    if (body) outgoing?.writeHead(answer.statusCode ?? 500, answer.headers).end(body)
  })
  onwards.on('error', () => outgoing?.destroy())
  onwards.end(content)
}
