import { createServer } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type HttpFront, startHttpFront } from '../../local/http-front.ts'
import { listenOnLoopback } from '../../local/listen.ts'

let stack: AsyncDisposableStack
beforeEach(() => {
  stack = new AsyncDisposableStack()
})
afterEach(() => stack.disposeAsync())

async function front(
  handler: (event: APIGatewayProxyEventV2) => Promise<unknown>,
  port = 0,
): Promise<HttpFront> {
  const started = await startHttpFront({ handler, port })
  stack.defer(() => started.close())
  return started
}

/** What the handler was called with. */
async function eventOf(path: string, request: RequestInit): Promise<APIGatewayProxyEventV2> {
  const { url } = await front(async (event) => event)
  return (await (await fetch(`${url}${path}`, request)).json()) as APIGatewayProxyEventV2
}

test('the handler gets an event of payload format 2.0', async () => {
  const headers = { 'content-type': 'application/json', 'X-Mixed-Case': 'Yes' }
  const event = await eventOf('/a/b?c=d&e=%20f', { method: 'PUT', headers, body: '{"ä":1}' })
  expect(event).toMatchObject({
    version: '2.0',
    routeKey: '$default',
    rawPath: '/a/b',
    rawQueryString: 'c=d&e=%20f',
    headers: { 'content-type': 'application/json', 'x-mixed-case': 'Yes' },
    requestContext: { http: { method: 'PUT', path: '/a/b', sourceIp: '127.0.0.1' }, stage: '$default' },
    body: '{"ä":1}',
    isBase64Encoded: false,
  })
})

test.each([
  ['bytes that are no text', 'application/json', Buffer.from([0xff, 0x00])],
  ['a type that is no text', 'application/octet-stream', Buffer.from('text')],
])('%s come in base64', async (_, type, body) => {
  const event = await eventOf('/', { method: 'POST', headers: { 'content-type': type }, body })
  expect(event).toMatchObject({ body: body.toString('base64'), isBase64Encoded: true })
})

test('a request without a body has none', async () => {
  expect(await eventOf('/', {})).not.toHaveProperty('body')
})

test("the handler's response becomes the response", async () => {
  const { url } = await front(async () => ({
    statusCode: 418,
    headers: { 'x-test': 'yes' },
    body: Buffer.from([1, 2, 255]).toString('base64'),
    isBase64Encoded: true,
  }))
  const response = await fetch(url)
  expect(response.status).toBe(418)
  expect(response.headers.get('x-test')).toBe('yes')
  expect([...(await response.bytes())]).toEqual([1, 2, 255])
})

test('a handler that throws is a 500, which tells nothing', async () => {
  const { url } = await front(() => Promise.reject(new Error('a secret')))
  const response = await fetch(url)
  expect(response.status).toBe(500)
  expect(await response.text()).toBe('{"message":"Internal Server Error"}')
})

test('a body over 10 MB is refused before the handler sees it', async () => {
  const { url } = await front(() => Promise.reject(new Error('was called')))
  const response = await fetch(url, { method: 'POST', body: Buffer.alloc(10 * 1024 * 1024 + 1) })
  expect(response.status).toBe(413)
})

/** A handler that says when it was called, and answers when it is told to. */
function patientHandler() {
  const { promise: called, resolve: call } = Promise.withResolvers<void>()
  const { promise: due, resolve: answer } = Promise.withResolvers<object>()
  const handler = () => {
    call()
    return due
  }
  return { handler, called, answer }
}

test('closing waits for the answers that are due', async () => {
  const { handler, called, answer } = patientHandler()
  const started = await startHttpFront({ handler, port: 0 })
  const response = fetch(started.url)
  await called
  const closed = started.close()
  answer({ answer: 1 })
  expect(await (await response).json()).toEqual({ answer: 1 })
  await closed
  await expect(fetch(started.url)).rejects.toThrow()
})

test('a client that goes away is no trouble', async () => {
  const { handler, called, answer } = patientHandler()
  const { url, port } = await front(handler)
  const socket = connect(port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await called
  socket.destroy()
  answer({})
  expect((await fetch(url)).status).toBe(200)
})

test('a port that is in use leads to an error that names the process, when it was asked for', async () => {
  const { port } = await front(async () => ({}))
  await expect(startHttpFront({ handler: async () => ({}), port })).rejects.toThrow(
    `port ${port} is in use by process ${process.pid} `,
  )
})

test('a port that is in use leads to the next free one, when it was not', async () => {
  const { port } = await front(async () => ({}))
  const server = createServer()
  stack.defer(() => void server.close())
  expect(await listenOnLoopback(server, { port, wanted: false })).toBeGreaterThan(port)
})

test('a client that says no more after its request gets its answer all the same', async () => {
  const { handler, called, answer } = patientHandler()
  const { port, url } = await front(({ rawPath }) => (rawPath === '/slow' ? handler() : Promise.resolve({})))
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  stack.defer(() => void socket.destroy())
  const received = text(socket)
  socket.end('GET /slow HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n')
  await called
  // by then the server has seen the end of what the client says
  await fetch(url)
  answer({ answer: 1 })
  expect(await received).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\{"answer":1\}/s)
})
