import type { SpanContext } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { describe, expect, it } from 'vitest'
import { SpanSender } from '../../services/tracing/on/span-sender.ts'
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.ts'

const resource = resourceFromAttributes({})
function span(traceFlags = 1): ReadableSpan {
  const context: SpanContext = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags }
  return {
    ...{ name: 's', kind: 0, startTime: [1, 0], endTime: [2, 0], duration: [1, 0], status: { code: 0 } },
    ...{ attributes: {}, links: [], events: [], ended: true, resource, instrumentationScope: { name: 't' } },
    ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
    spanContext: () => context,
  }
}

function senderTo({ endpoint }: OtlpReceiver) {
  const lines: [string, object | undefined][] = []
  const say = (msg: string, fields?: object) => void lines.push([msg, fields])
  const log = { debug: say, info: say, warn: say, error: say }
  const sender = new SpanSender(async (body) => new Request(endpoint, { method: 'POST', body }), log)
  const end = (count: number) => Array.from({ length: count }, () => sender.onEnd(span()))
  return { sender, lines, end }
}

describe('what sends spans', () => {
  it('sends them in batches of 512, one request after the other, and none that is not to be sent', async () => {
    await using receiver = await startOtlpReceiver()
    const { sender, end, lines } = senderTo(receiver)
    sender.onEnd(span(0))
    end(1_100)
    await sender.forceFlush()
    expect(
      receiver.requests.map(({ body }) => JSON.parse(body).resourceSpans[0].scopeSpans[0].spans.length),
    ).toEqual([512, 512, 76])
    expect(lines).toEqual([])
  })

  it('loses a span that cannot be encoded, and no other one', async () => {
    await using receiver = await startOtlpReceiver()
    const { sender, end, lines } = senderTo(receiver)
    end(2)
    sender.onEnd({ ...span(), startTime: [Number.NaN, Number.NaN] })
    await sender.forceFlush()
    expect(receiver.spans).toHaveLength(2)
    await sender.close(10_000)
    expect(lines).toEqual([['spans were lost', { spans: 1 }]])
  })

  it('has room for so many at a time, and counts what it loses', async () => {
    await using receiver = await startOtlpReceiver()
    const { sender, end, lines } = senderTo(receiver)
    end(10_000)
    await sender.close(10_000)
    expect(receiver.spans).toHaveLength(9 * 512)
    expect(lines).toEqual([['spans were lost', { spans: 10_000 - 9 * 512 }]])
  })

  it('sends again once what was refused for now, and says when the backend is back and what was lost', async () => {
    await using receiver = await startOtlpReceiver()
    const { sender, end, lines } = senderTo(receiver)
    receiver.answer = 503
    end(3)
    await sender.forceFlush()
    expect(receiver.requests).toHaveLength(2)
    end(2)
    await sender.forceFlush()
    receiver.answer = 400
    end(1)
    await sender.forceFlush()
    expect(receiver.requests).toHaveLength(5)
    receiver.answer = 200
    end(1)
    await sender.forceFlush()
    expect(lines).toEqual([
      ['the tracing backend takes no spans', { reason: 'status 503' }],
      ['the tracing backend takes spans again', { lost: 6 }],
    ])
  })

  it('ends while a request hangs, and counts that too', async () => {
    await using receiver = await startOtlpReceiver()
    const { sender, end, lines } = senderTo(receiver)
    receiver.answer = 'nothing'
    end(10_000)
    await sender.close(50)
    expect(receiver.requests.length).toBeLessThanOrEqual(1)
    expect(lines).toEqual([['spans were lost', { spans: 10_000 }]])
  })
})
