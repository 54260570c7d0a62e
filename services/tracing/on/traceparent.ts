import { type Context, ROOT_CONTEXT, type SpanContext, trace } from '@opentelemetry/api'
import { parseTraceParent } from '@opentelemetry/core'

/** The context of a W3C `traceparent`; the root where there is none that can be read. */
export function contextOf(traceparent: string | undefined): Context {
  const sender = traceparent === undefined ? null : parseTraceParent(traceparent)
  return sender ? trace.setSpanContext(ROOT_CONTEXT, { ...sender, isRemote: true }) : ROOT_CONTEXT
}

/** https://www.w3.org/TR/trace-context/#traceparent-header */
export function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}
