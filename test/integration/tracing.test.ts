import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type OtlpReceiver, pictureOf, startOtlpReceiver } from '../support/otlp-receiver.ts'
import { startProducer } from '../support/producer.ts'
import { createQueue } from '../support/queue.ts'
import { type AddedTask, copyServices } from '../support/test-tasks.ts'
import { startWorker } from '../support/worker-process.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`
const json = { 'content-type': 'application/json' }

const tasks: readonly AddedTask[] = [
  {
    type: 'order',
    more: `sends: ['mail', 'invoice']`,
    handler: `import { trace } from '@opentelemetry/api'
export default async (_, { deliveryCount, send }) => {
  if (deliveryCount === 0) throw new Error('no stock yet')
  send('mail', null)
  await trace.getTracer('team').startActiveSpan('reserve stock', async (span) => {
    span.setAttribute('team.items', 3)
    send('invoice', null)
    span.end()
  })
}`,
  },
  {
    type: 'mail',
    handler: `import { RetryLaterError } from '../contract/task-type.ts'
let before = 0
export default () => { if (before++ === 0) throw new RetryLaterError(1, 'busy') }`,
    more: 'retryLater: { max: 2 }',
  },
  { type: 'invoice', handler: 'export default () => {}' },
  {
    type: 'says',
    handler: `import { trace } from '@opentelemetry/api'
export default async (_, { traceparent, log }) => {
  log.info('in the handler', { traceparent })
  await trace.getTracer('team').startActiveSpan('inner', async (span) => span.end())
  if (traceparent === undefined) throw new Error('no trace')
}`,
  },
  {
    type: 'fails',
    handler: `import { trace } from '@opentelemetry/api'
export default async () => {
  trace.getTracer('team').startSpan('inner').end()
  throw new Error('always')
}`,
  },
  { type: 'exits', handler: 'export default () => process.exit(3)' },
]

const services = copyServices()
let without: string
let withTracing: string
beforeAll(() => {
  services.add(...tasks)
  without = services.bundle()
  const other = copyServices()
  other.add(...tasks)
  stack.use(other)
  withTracing = other.bundle({ tracing: true })
})
const stack = new DisposableStack()
stack.use(services)
afterAll(() => stack.dispose())

const tracing = (receiver: OtlpReceiver, more: object = {}) => ({
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: receiver.endpoint,
  OTEL_SERVICE_NAME: 'warren-test',
  ...more,
})
const queueOf = () => createQueue(inject('broker'), { workerPublishes: true, retryMinSeconds: 0.1 })

describe('without tracing', () => {
  test('the trace of a request reaches the handler and the log lines', async () => {
    await using queue = await queueOf()
    await using producer = await startProducer(without, queue.environment('producer'))
    await using worker = startWorker(without, queue.environment('worker'))
    await producer.post({ id: 'with', type: 'says', payload: {} }, { ...json, traceparent })
    await worker.ended(1)
    await producer.post({ id: 'without', type: 'says', payload: {} })
    const tries = await worker.ended(2)
    expect(tries.map(({ id, outcome, traceId }) => [id, outcome, traceId])).toEqual([
      ['with', 'done', traceId],
      ['without', 'failed', undefined],
    ])
    const { lines, errors } = await worker.stop()
    const said = lines.filter(({ msg }) => msg === 'in the handler')
    expect(said.map(({ id, traceId, traceparent }) => [id, traceId, traceparent])).toEqual([
      ['with', traceId, traceparent],
      ['without', undefined, undefined],
    ])
    expect(errors).toBe('')
  })
})

describe('with tracing', () => {
  test('a task is one trace, from the request over its tries to its children, as the docs draw it', async () => {
    await using receiver = await startOtlpReceiver()
    await using queue = await queueOf()
    await using producer = await startProducer(withTracing, {
      ...queue.environment('producer'),
      ...tracing(receiver),
    })
    await using worker = startWorker(withTracing, { ...queue.environment('worker'), ...tracing(receiver) })
    const sent = { id: 'o', type: 'order', payload: {}, delaySeconds: 1, tenant: 'acme' }
    expect(await producer.post(sent)).toMatchObject({ status: 202 })
    const tries = await worker.ended(5)
    const spans = await receiver.taken(8)
    const docs = readFileSync(resolve(import.meta.dirname, '../../docs/tracing.md'), 'utf8')
    const [, drawn] = /```text\n(POST \/tasks[\s\S]+?)\n```/.exec(docs) ?? []
    expect(pictureOf(spans).replaceAll(queue.name, 'tasks')).toBe(drawn)
    const [trace] = new Set(spans.map(({ traceId }) => traceId))
    expect(spans.every(({ traceId }) => traceId === trace)).toBe(true)
    expect(tries.map((line) => line.traceId)).toEqual(tries.map(() => trace))
    expect((await worker.stop()).errors).toBe('')
  })

  test('the spans say what OpenTelemetry wants to know of HTTP and messages', async () => {
    await using receiver = await startOtlpReceiver()
    await using queue = await queueOf()
    const variables = (role: 'producer' | 'worker') => ({ ...queue.environment(role), ...tracing(receiver) })
    await using producer = await startProducer(withTracing, variables('producer'))
    await using _ = startWorker(withTracing, variables('worker'))
    await producer.post({ id: 'w', type: 'says', payload: {}, tenant: 'acme' }, { ...json, traceparent })
    const spans = await receiver.taken(4)
    const [request, publish, process, inner] = ['POST', 'publish', 'process', 'inner'].map((beginning) =>
      spans.find(({ name }) => name.startsWith(beginning)),
    )
    expect([request, publish, process, inner].map((span) => span?.kind)).toEqual([2, 4, 5, 1])
    expect(request).toMatchObject({
      ...{ traceId, parentSpanId: '00f067aa0ba902b7', name: 'POST /tasks' },
      attributes: {
        'http.request.method': 'POST',
        'url.path': '/tasks',
        'http.response.status_code': 202,
        'http.route': '/tasks',
      },
      resource: { 'service.name': 'warren-test' },
    })
    const broker = { 'messaging.system': 'rabbitmq', 'server.address': '127.0.0.1' }
    expect(publish?.attributes).toMatchObject({
      ...{ ...broker, 'messaging.operation.type': 'send', 'messaging.operation.name': 'publish' },
      ...{ 'messaging.destination.name': queue.name, 'messaging.message.id': 'w' },
    })
    expect(process?.attributes).toMatchObject({
      ...{ ...broker, 'messaging.operation.type': 'process', 'messaging.operation.name': 'process' },
      ...{ 'messaging.destination.name': queue.name, 'messaging.message.id': 'w' },
      ...{ 'warren.delivery_count': 0, 'warren.tenant': 'acme', 'warren.outcome': 'done' },
    })
    expect(process?.resource).toMatchObject({ 'service.name': 'warren-test', 'warren.worker_class': 'test' })
    expect(process?.status).toEqual({ code: 0 })
    // what a payload says is in none of them
    expect(receiver.requests.map(({ body }) => body).join()).not.toContain('payload')
  })

  test('a task that nobody gave a trace begins one, and a try whose thread is killed has its span', async () => {
    await using receiver = await startOtlpReceiver()
    await using queue = await createQueue(inject('broker'), { deliveryLimit: 0 })
    await using worker = startWorker(withTracing, { ...queue.environment('worker'), ...tracing(receiver) })
    await queue.publish({ id: 'k', type: 'exits', payload: {} })
    const [line] = await worker.ended(1)
    const [span] = await receiver.taken(1)
    expect(span).toMatchObject({
      ...{ name: 'process exits', traceId: line?.traceId },
      status: { code: 2, message: expect.stringContaining('exited with code 3') },
      attributes: { 'error.type': 'thread-died' },
    })
    expect(span?.parentSpanId).toBeUndefined()
  })

  test('what a handler in quarantine makes spans of is seen too', async () => {
    await using receiver = await startOtlpReceiver()
    await using queue = await createQueue(inject('broker'), { deliveryLimit: 3, retryMinSeconds: 0.1 })
    const two = { WORKER_SLOTS: '2' }
    await using worker = startWorker(withTracing, {
      ...queue.environment('worker'),
      ...tracing(receiver),
      ...two,
    })
    await queue.publish({ id: 'q', type: 'fails', payload: {} })
    await worker.ended(4)
    const spans = await receiver.taken(8)
    expect(spans.filter(({ name }) => name === 'process fails')).toHaveLength(4)
    expect(spans.filter(({ name }) => name === 'inner')).toHaveLength(4)
  })

  test('a trace that is not to be sent is not, also of children, and its id is in the log', async () => {
    await using receiver = await startOtlpReceiver()
    await using queue = await queueOf()
    const share = { OTEL_TRACES_SAMPLER_ARG: '0' }
    const variables = (role: 'producer' | 'worker') => ({
      ...queue.environment(role),
      ...tracing(receiver, share),
    })
    await using producer = await startProducer(withTracing, variables('producer'))
    await using worker = startWorker(withTracing, variables('worker'))
    await producer.post(
      { id: 'a', type: 'invoice', payload: null },
      { ...json, traceparent: `${traceparent.slice(0, -2)}00` },
    )
    await producer.post({ id: 'b', type: 'order', payload: null })
    // a trace that was begun elsewhere to be sent is the last: what came before it would have come with it
    await worker.ended(6)
    await producer.post({ id: 'c', type: 'invoice', payload: null }, { ...json, traceparent })
    const tries = await worker.ended(7)
    expect(tries[0]?.traceId).toBe(traceId)
    expect(tries.every((line) => line.traceId?.length === 32)).toBe(true)
    expect(new Set((await receiver.taken(3)).map((span) => span.traceId))).toEqual(new Set([traceId]))
    expect(receiver.spans).toHaveLength(3)
  })
})

describe('a tracing backend', () => {
  test.each([
    ['that is away', 503],
    ['that never answers', 'nothing'],
  ] as const)('%s costs no task, and the log says once that spans are lost', async (_, answer) => {
    await using receiver = await startOtlpReceiver()
    receiver.answer = answer
    await using queue = await queueOf()
    const variables = (role: 'producer' | 'worker') => ({ ...queue.environment(role), ...tracing(receiver) })
    await using producer = await startProducer(withTracing, variables('producer'))
    await using worker = startWorker(withTracing, variables('worker'))
    for (const id of ['a', 'b', 'c'])
      expect(await producer.post({ id, type: 'invoice', payload: null })).toMatchObject({ status: 202 })
    const tries = await worker.ended(3)
    expect(tries.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done'])
    const refused = (lines: readonly { readonly msg: string }[]) =>
      lines.filter(({ msg }) => msg === 'the tracing backend takes no spans')
    await producer.line((line) => refused([line]).length > 0)
    await worker.line('the tracing backend takes no spans')
    expect(refused((await worker.stop()).lines)).toHaveLength(1)
    expect(refused(await producer.stop())).toHaveLength(1)
    expect((await worker.line('spans were lost'))['spans']).toBe(3)
  })

  test('gets at the end of a worker what it has not got yet', async () => {
    await using receiver = await startOtlpReceiver()
    await using queue = await queueOf()
    await using worker = startWorker(withTracing, { ...queue.environment('worker'), ...tracing(receiver) })
    await queue.publish({ id: 'last', type: 'invoice', payload: null })
    await worker.ended(1)
    worker.kill('SIGTERM')
    expect(await worker.exit()).toBe(0)
    expect(receiver.spans.map(({ name }) => name)).toEqual(['process invoice'])
  })

  test('gets the headers that it asks for, which no log shows', async () => {
    await using receiver = await startOtlpReceiver()
    await using queue = await queueOf()
    const headers = { OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'api-key=s3cr%2Ct, x-team=a' }
    await using producer = await startProducer(withTracing, {
      ...{ ...queue.environment('producer'), ...tracing(receiver, headers) },
    })
    await producer.post({ id: 'a', type: 'invoice', payload: null })
    await receiver.taken(2)
    expect(receiver.requests[0]?.headers).toMatchObject({ 'api-key': 's3cr,t', 'x-team': 'a' })
    receiver.answer = 401
    await producer.post({ id: 'b', type: 'invoice', payload: null })
    await producer.line((line) => JSON.stringify(line).includes('status 401'))
    expect(JSON.stringify(await producer.stop())).not.toMatch(/s3cr/)
  })

  test('that nobody can send to ends a worker at its start, with one line that says why and shows no secret', async () => {
    await using queue = await queueOf()
    await using worker = startWorker(withTracing, {
      ...queue.environment('worker'),
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://name:s3cret@host',
      OTEL_TRACES_SAMPLER_ARG: '1.5',
    })
    expect(await worker.exit()).toBe(1)
    const { lines, errors } = await worker.whole()
    expect([lines.map(({ level, msg }) => [level, msg]), errors]).toEqual([
      [
        [
          'error',
          `the environment is not as it should be:
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT must be https://host/path, without credentials, got "http://***@host"
  OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, such as 0.1, got "1.5"`,
        ],
      ],
      '',
    ])
  })
})
