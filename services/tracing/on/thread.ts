import { context, propagation, type SpanContext, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { type ReadableSpan, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { OpenThreadTracing, ThreadSpan } from '../port.ts'
import { contextOf, traceparentOf } from './traceparent.ts'

/** No attribute of a handler's spans is longer: X-Ray refuses a span over 200 KB. */
const attributeLength = 4_096

/**
 * Registers a tracer for what handlers do through OpenTelemetry's API. Which traces are sent was decided where each
 * began: the spans here follow that of their try.
 */
export const openThreadTracing: OpenThreadTracing = (ended) => {
  const hand: SpanProcessor = {
    onStart: () => undefined,
    onEnd: (span) => ended(plain(span)),
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  }
  const provider = new TracerProvider({
    spanProcessors: [hand],
    spanLimits: { attributeValueLengthLimit: attributeLength },
  })
  trace.setGlobalTracerProvider(provider)
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  return {
    within: (traceparent, work) => context.with(contextOf(traceparent), work),
    traceparent() {
      const current = trace.getSpanContext(context.active())
      return current && traceparentOf(current)
    },
  }
}

/** What can be sent to another thread. */
function plain(span: ReadableSpan): ThreadSpan {
  const { name, kind, startTime, endTime, duration, status, attributes } = span
  const { name: scope, version } = span.instrumentationScope
  return {
    ...{ name, kind, startTime, endTime, duration, status, attributes },
    context: plainContext(span.spanContext()),
    ...(span.parentSpanContext ? { parent: plainContext(span.parentSpanContext) } : {}),
    links: span.links.map((link) => ({ ...link, context: plainContext(link.context) })),
    events: span.events.map(({ name, time, attributes = {} }) => ({ name, time, attributes })),
    scope: { name: scope, ...(version === undefined ? {} : { version }) },
  }
}

function plainContext({ traceId, spanId, traceFlags, isRemote = false }: SpanContext): SpanContext {
  return { traceId, spanId, traceFlags, isRemote }
}
