import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, inject, test } from 'vitest'
import { startProducer } from '../support/producer.ts'
import { createQueue } from '../support/queue.ts'
import { copyServices } from '../support/test-tasks.ts'
import { startWorker } from '../support/worker-process.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`

/** A handler that says which trace it is in, and has a span of its own. */
const handler = `import { trace } from '@opentelemetry/api'
export default async (_, { traceparent, log }) => {
  log.info('in the handler', { traceparent })
  await trace.getTracer('team').startActiveSpan('inner', async (span) => span.end())
  if (traceparent === undefined) throw new Error('no trace')
}`

async function run(change: (folder: string) => void) {
  await using stack = new AsyncDisposableStack()
  const services = stack.use(copyServices())
  services.add({ type: 'traced', handler })
  change(join(services.folder, 'services'))
  const queue = stack.use(await createQueue(inject('broker'), { deliveryLimit: 0 }))
  const producer = stack.use(await startProducer(inject('bundles'), queue.environment('producer')))
  const headers = { 'content-type': 'application/json', traceparent }
  const sent = { id: 'sent', type: 'sleep', payload: { ms: 1 } }
  expect(await producer.post(sent, headers)).toMatchObject({ status: 202 })
  const message = await queue.take()
  if (message === false) throw new Error('a task expected')
  // the producer knows no type that a test adds: the same message, with another type
  const { headers: given } = message.properties
  await queue.publishRaw(Buffer.from('{}'), { type: 'traced', messageId: 'with', headers: given })
  const worker = stack.use(startWorker(services.bundleWorker(), queue.environment('worker')))
  await worker.ended(1)
  await queue.publish({ id: 'without', type: 'traced', payload: {} })
  const tries = await worker.ended(2)
  expect(tries.map(({ id, outcome, traceId }) => [id, outcome, traceId])).toEqual([
    ['with', 'done', traceId],
    ['without', 'failed', undefined],
  ])
  const said = worker.lines.filter(({ msg }) => msg === 'in the handler')
  expect(said.map(({ id, traceId, traceparent }) => [id, traceId, traceparent])).toEqual([
    ['with', traceId, traceparent],
    ['without', undefined, undefined],
  ])
  expect(worker.errors).toBe('')
}

test('the trace of a request reaches the handler and the log lines, without any SDK', async () => {
  await run(() => undefined)
})

test('the file that the docs give exports spans of that trace', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'warren-spans-'))
  const file = join(folder, 'spans.jsonl')
  try {
    await run((services) => {
      const docs = readFileSync(resolve(import.meta.dirname, '../../docs/tracing.md'), 'utf8')
      const code = /```ts\n([\s\S]+?)```/.exec(docs)?.[1] ?? ''
      expect(code).toContain('/tmp/spans.jsonl')
      writeFileSync(join(services, 'worker/tracing.ts'), code.replace('/tmp/spans.jsonl', file))
      const thread = join(services, 'worker/thread.ts')
      writeFileSync(thread, `import './tracing.ts'\n${readFileSync(thread, 'utf8')}`)
    })
    const spans = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const [inner, outer] = spans.filter((span) => span.traceId === traceId)
    expect(outer).toMatchObject({
      name: 'process traced',
      parentSpanId: '00f067aa0ba902b7',
      status: { code: 0 },
    })
    expect(outer.attributes['messaging.message.id']).toBe('with')
    expect(inner).toMatchObject({ name: 'inner', parentSpanId: outer.spanId })
    const [, alone] = spans.filter((span) => span.traceId !== traceId)
    expect(alone).toMatchObject({ name: 'process traced', status: { code: 2 } })
    expect(alone.parentSpanId).toBeUndefined()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
