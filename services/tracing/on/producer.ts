import { setTimeout as pause } from 'node:timers/promises'
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { type HttpEvent, isHttpEvent, readTraceparent } from '../../producer/http.ts'
import type { OpenProducerTracing } from '../port.ts'
import { brokerAttributes, start } from './start.ts'
import { contextOf, traceparentOf } from './traceparent.ts'

/** How long an answer waits for the backend, and an end of the process, in milliseconds. */
const answerMs = 200
const closeMs = 2_000

/** Each POST is a span, and in it the publishing of its tasks. */
export const openProducerTracing: OpenProducerTracing = (env, { brokerUrl }, log) => {
  const started = start(env, {}, log)
  if (!started) return undefined
  const { tracer, sender } = started
  const common = {
    ...brokerAttributes(brokerUrl),
    'messaging.operation.name': 'publish',
    'messaging.operation.type': 'send',
  }

  /** https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span */
  async function inRequest<Answer>(
    event: HttpEvent,
    answer: (event: unknown) => Promise<Answer>,
  ): Promise<Answer> {
    const attributes = {
      'http.request.method': 'POST',
      'url.path': event.rawPath,
      'url.scheme': event.headers?.['x-forwarded-proto'] ?? 'http',
    }
    const options = { kind: SpanKind.SERVER, attributes }
    const span = tracer.startSpan('POST', options, contextOf(readTraceparent(event)))
    const headers = { ...event.headers, traceparent: traceparentOf(span.spanContext()) }
    try {
      const given = await answer({ ...event, headers })
      const { statusCode: status = 200 } = given as { readonly statusCode?: number }
      span.setAttribute('http.response.status_code', status)
      // any client can name a path that is not there
      if (status !== 404) {
        span.updateName(`POST ${event.rawPath}`)
        span.setAttribute('http.route', event.rawPath)
      }
      if (status >= 500) {
        span.setAttribute('error.type', String(status))
        span.setStatus({ code: SpanStatusCode.ERROR })
      }
      return given
    } finally {
      span.end()
    }
  }

  return {
    publishing(traceparent) {
      const span = tracer.startSpan(
        'publish',
        { kind: SpanKind.PRODUCER, attributes: common },
        contextOf(traceparent),
      )
      return {
        traceparent: traceparentOf(span.spanContext()),
        ended(tasks, outcomes) {
          const [only, ...others] = new Set(tasks.map(({ queue }) => queue))
          // where they are for several, none of them is the span's destination
          if (only !== undefined && others.length === 0) {
            span.updateName(`publish ${only}`)
            span.setAttribute('messaging.destination.name', only)
          }
          if (tasks.length > 1) span.setAttribute('messaging.batch.message_count', tasks.length)
          else if (tasks[0]) span.setAttribute('messaging.message.id', tasks[0].id)
          const failed = tasks.map(({ id }) => outcomes.get(id)).find((outcome) => outcome !== 'confirmed')
          if (failed !== undefined) {
            span.setAttribute('error.type', failed)
            span.setStatus({ code: SpanStatusCode.ERROR, message: failed })
          }
          span.end()
        },
      }
    },
    async handle(event, answer) {
      try {
        // who asks for figures asks often, and nothing follows from it
        const posts = isHttpEvent(event) && event.requestContext.http.method === 'POST'
        return await (posts ? inRequest(event, answer) : answer(event))
      } finally {
        const sent = sender.forceFlush()
        // a backend that is away is tried beside the answers, and holds up none
        if (!sender.failing) await Promise.race([sent, pause(answerMs, undefined, { ref: false })])
      }
    },
    close: () => sender.close(closeMs),
  }
}
