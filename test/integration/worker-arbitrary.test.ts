import type { Options } from 'amqplib'
import fc from 'fast-check'
import { expect, inject, it } from 'vitest'
import { createQueue } from '../support/queue.ts'
import { until } from '../support/until.ts'
import { startWorker } from '../support/worker-process.ts'

/** AMQP's short strings hold 255 bytes. */
const shortText = fc.string({ unit: 'binary', maxLength: 60 })
/** All that amqplib can encode, nested: whole numbers are 64-bit integers to it, and a key `!` names a type. */
const headerValue = fc.anything({
  key: fc.string().filter((key) => key !== '!'),
  maxDepth: 3,
  values: [
    shortText,
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
  ],
})
/** Headers that mean something to the worker or to RabbitMQ, and others; CC and BCC would route. */
const headerName = fc.oneof(
  fc.constantFrom('warren-version', 'warren-queued-at', 'traceparent', 'x-delivery-count', 'x-death'),
  shortText.filter((name) => !['', 'CC', 'BCC'].includes(name)),
)
const properties: fc.Arbitrary<Options.Publish> = fc.record(
  {
    type: fc.oneof(fc.constant('sleep'), shortText),
    messageId: fc.oneof(fc.uuid(), shortText),
    headers: fc.dictionary(headerName, headerValue, { maxKeys: 6, noNullPrototype: true }),
    timestamp: fc.maxSafeNat(),
    contentType: shortText,
    contentEncoding: shortText,
    correlationId: shortText,
    replyTo: shortText,
    appId: shortText,
    priority: fc.nat(255),
  },
  { requiredKeys: [], noNullPrototype: true },
)
const content = fc.oneof(
  fc.uint8Array({ maxLength: 5_000 }).map((bytes) => Buffer.from(bytes)),
  fc.json().map((text) => Buffer.from(text)),
  fc.constant(Buffer.from('{"ms":1}')),
)

it('ends whatever stands in the queue, and then does a good task', async () => {
  await using queue = await createQueue(inject('broker'), { deliveryLimit: 0 })
  await using worker = startWorker(inject('bundles'), queue.environment('worker'))
  let published = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(content, properties), { minLength: 1, maxLength: 8 }),
      async (messages) => {
        for (const [body, options] of messages) await queue.publishRaw(body, options)
        const [good] = await queue.publish({ type: 'sleep', payload: { ms: 1 } })
        published += messages.length + 1
        const tries = await worker.ended(published)
        expect(tries).toHaveLength(published)
        expect(tries.find(({ id }) => id === good)?.outcome).toBe('done')
        const failed = tries.filter(({ outcome }) => outcome !== 'done').length
        await until(async () => (await queue.counts(queue.dead)).ready === failed, {
          within: 60,
          what: 'dead letters',
        })
      },
    ),
    // what a run leaves behind would mislead the runs that shrink it
    { numRuns: 40, endOnFailure: true },
  )
  const { lines, errors } = await worker.stop()
  expect(lines.filter(({ msg }) => msg === 'consuming')).toHaveLength(1)
  expect(errors).toBe('')
})
