import { inspect } from 'node:util'
import { propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { RunRequest } from './protocol.ts'

/**
 * Runs a handler as a span of the trace that its task was sent in, and makes that the active one, so that whatever the
 * handler calls is seen in it. Until somebody registers an SDK (docs/tracing.md) OpenTelemetry's API does nothing here.
 */
export function inSpan<Result>(
  { id, type, deliveryCount, traceparent }: Omit<RunRequest, 'content'>,
  work: () => Promise<Result>,
): Promise<Result> {
  const sender = propagation.extract(ROOT_CONTEXT, traceparent === undefined ? {} : { traceparent })
  // https://opentelemetry.io/docs/specs/semconv/messaging/rabbitmq/
  const attributes = {
    'messaging.system': 'rabbitmq',
    'messaging.operation.type': 'process',
    'messaging.message.id': id,
    'warren.delivery_count': deliveryCount,
  }
  const options = { kind: SpanKind.CONSUMER, attributes }
  return trace.getTracer('warren').startActiveSpan(`process ${type}`, options, sender, async (span) => {
    try {
      return await work()
    } catch (error) {
      span.recordException(error instanceof Error ? error : inspect(error))
      span.setStatus({ code: SpanStatusCode.ERROR })
      throw error
    } finally {
      span.end()
    }
  })
}
