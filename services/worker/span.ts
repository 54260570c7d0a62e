import { inspect } from 'node:util'
import {
  context,
  ProxyTracerProvider,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { RunRequest } from './protocol.ts'

/**
 * Runs a handler as a span of the trace that its task was sent in, and makes that the active one, so that whatever the
 * handler calls is seen in it. Until somebody registers an SDK (docs/tracing.md) there is no span.
 */
export function inSpan<Result>(
  { id, type, deliveryCount, traceparent }: Omit<RunRequest, 'content'>,
  work: () => Promise<Result>,
): Promise<Result> {
  const tracer = registeredTracer()
  if (!tracer) return work()
  const sender = propagation.extract(ROOT_CONTEXT, traceparent === undefined ? {} : { traceparent })
  // https://opentelemetry.io/docs/specs/semconv/messaging/rabbitmq/
  const attributes = {
    'messaging.system': 'rabbitmq',
    'messaging.operation.type': 'process',
    'messaging.message.id': id,
    'warren.delivery_count': deliveryCount,
  }
  const options = { kind: SpanKind.CONSUMER, attributes }
  return tracer.startActiveSpan(`process ${type}`, options, sender, async (span) => {
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

/** The trace context of what runs now, to hand on: the active span's, or what the task came with where there is none. */
export function currentTraceparent(own: string | undefined): string | undefined {
  const carrier: { traceparent?: string } = {}
  propagation.inject(context.active(), carrier)
  return carrier.traceparent ?? own
}

/** Undefined until somebody registers an SDK: the spans that the API makes up until then cost some microseconds each. */
function registeredTracer(): Tracer | undefined {
  const provider = trace.getTracerProvider()
  // another copy of the API has a class of its own, and is there only where somebody registered it
  return provider instanceof ProxyTracerProvider
    ? provider.getDelegateTracer('warren')
    : provider.getTracer('warren')
}
