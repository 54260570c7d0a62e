import fc from 'fast-check'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startProducer, type TestProducer } from '../support/producer.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'

/** Whatever a client sends: the answer is one of the table's, the process lives, and what was refused is not published. */
let queue: TestQueue
let producer: TestProducer
let published = 0

beforeAll(async () => {
  queue = await createQueue(inject('broker'))
  producer = await startProducer(inject('bundles'), queue.environment('producer'))
  expect(await producer.get('/queue')).toMatchObject({ status: 200 })
})
afterAll(async () => {
  await producer[Symbol.asyncDispose]()
  await queue[Symbol.asyncDispose]()
})

const runs = Number(process.env['FUZZ_RUNS'] ?? 250)
const refusals = [400, 404, 405, 413, 415]

const word = fc.oneof(fc.constantFrom('sleep', 'digest', 'a', '', 'constructor', '__proto__'), fc.string())
const payload = fc.oneof(
  fc.record({ ms: fc.oneof(fc.nat(9), fc.double()) }),
  fc.record({ rounds: fc.nat(9) }),
  fc.jsonValue(),
)
const sometask = fc.record(
  { id: fc.oneof(fc.stringMatching(/^[A-Za-z0-9._:-]{1,8}$/), word), type: word, payload },
  { requiredKeys: [] },
)
const someRequest = fc.oneof(
  sometask,
  fc.record({ tasks: fc.array(sometask, { maxLength: 5 }) }),
  fc.record({ tasks: fc.jsonValue() }),
  fc.record({ type: fc.constantFrom('sleep', 'digest'), payload }),
  fc.jsonValue(),
)
const body = fc.oneof(
  someRequest.map((request) => Buffer.from(JSON.stringify(request))),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
)
const headers = fc
  .dictionary(fc.stringMatching(/^[a-z-]{1,20}$/), fc.string())
  .chain((some) =>
    fc
      .constantFrom('application/json', 'application/json', 'Application/JSON; charset=utf-8', 'text/plain')
      .map((type) => ({ ...some, 'content-type': type })),
  )

async function check(status: number, answer: { ids?: unknown[]; status?: number; errors?: unknown[] }) {
  if (status === 202) published += answer.ids?.length ?? Number.NaN
  else if (status !== 200) {
    expect(refusals).toContain(status)
    expect(answer.status).toBe(status)
    if (status === 400) expect(answer.errors).not.toHaveLength(0)
  }
  expect(await queue.counts()).toEqual({ ready: published, consumers: 0 })
  expect(producer.running()).toBe(true)
}

test('any event of an API Gateway', async () => {
  const event = fc.record({
    rawPath: fc.oneof({ weight: 8, arbitrary: fc.constant('/tasks') }, fc.constant('/queue'), fc.webPath()),
    method: fc.oneof(
      { weight: 8, arbitrary: fc.constant('POST') },
      fc.constantFrom('GET', 'PUT', 'HEAD'),
      fc.string(),
    ),
    headers,
    body,
    isBase64Encoded: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(event, async ({ method, body: bytes, ...rest }) => {
      const text = bytes.toString(rest.isBase64Encoded ? 'base64' : 'utf8')
      const result = await producer.invoke({ ...rest, body: text, requestContext: { http: { method } } })
      const { statusCode, body: answer } = result as { statusCode: number; body: string }
      await check(statusCode, JSON.parse(answer))
    }),
    { numRuns: runs },
  )
})

test('any body over HTTP', async () => {
  await fc.assert(
    fc.asyncProperty(body, async (bytes) => {
      const { status, body: answer } = await producer.post(bytes)
      await check(status, answer)
    }),
    { numRuns: runs },
  )
})

test('any direct invocation', async () => {
  await fc.assert(
    fc.asyncProperty(someRequest, async (request) => {
      const answer = await producer.invoke(JSON.parse(JSON.stringify(request))).then(
        (ids) => ({ ...(ids as object), status: 202 }),
        (error: Error) => JSON.parse(error.message),
      )
      await check(answer.status, answer)
    }),
    { numRuns: runs },
  )
})

test('any valid tasks are accepted', async () => {
  const valid = fc.uniqueArray(
    fc.record(
      {
        id: fc.stringMatching(/^[A-Za-z0-9._:-]{1,128}$/),
        type: fc.constant('sleep'),
        payload: fc.record({ ms: fc.nat(3_600_000), more: fc.jsonValue() }),
      },
      { requiredKeys: ['type', 'payload'] },
    ),
    { minLength: 1, selector: ({ id }) => id ?? Symbol('no id') },
  )
  await fc.assert(
    fc.asyncProperty(valid, async (tasks) => {
      const { status, body: answer } = await producer.post({ tasks })
      expect(status).toBe(202)
      await check(status, answer)
    }),
    { numRuns: runs },
  )
})
