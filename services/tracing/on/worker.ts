import { type Attributes, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { MessageFields } from 'amqplib'
import { unfailing } from '../../contract/log.ts'
import type { Task } from '../../contract/task.ts'
import type { OpenWorkerTracing, ThreadSpan } from '../port.ts'
import { brokerAttributes, start } from './start.ts'
import { contextOf, traceparentOf } from './traceparent.ts'

/** How long an end of the worker waits for the backend, in milliseconds. */
const closeMs = 2_000

/**
 * Each try is a span, from its begin to the broker's answer, as a child of what its task was sent in: so the tries of a
 * task stand side by side, whatever its way was (retries, the ladder, a redrive).
 */
export const openWorkerTracing: OpenWorkerTracing = (env, { queue, workerClass, worker, brokerUrl }, log) => {
  const started = start(env, { 'service.instance.id': worker, 'warren.worker_class': workerClass }, log)
  if (!started) return undefined
  const { tracer, sender, resource } = started
  const common = {
    ...brokerAttributes(brokerUrl),
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
  }
  return {
    began(envelope, { fields }, deliveryCount) {
      if (!envelope.ok) return undefined
      const { task } = envelope
      const span = tracer.startSpan(
        `process ${task.type}`,
        { kind: SpanKind.CONSUMER },
        contextOf(task.traceparent),
      )
      // most are not, where few traces are sent
      if (span.isRecording())
        span.setAttributes({ ...common, ...attributesOf(task, fields, queue, deliveryCount) })
      return {
        envelope: { ...envelope, task: { ...task, traceparent: traceparentOf(span.spanContext()) } },
        ended({ outcome, reason }) {
          span.setAttribute('warren.outcome', outcome)
          if (!unfailing.includes(outcome)) {
            span.setAttribute('error.type', outcome)
            span.setStatus({
              code: SpanStatusCode.ERROR,
              ...(reason === undefined ? {} : { message: reason }),
            })
          }
          span.end()
        },
      }
    },
    fromThread(spans) {
      for (const span of spans) sender.onEnd(readable(span, resource))
    },
    close: () => sender.close(closeMs),
  }
}

function attributesOf(
  task: Omit<Task, 'payload'>,
  { exchange, routingKey, deliveryTag }: MessageFields,
  queue: string,
  deliveryCount: number,
): Attributes {
  return {
    'messaging.destination.name': [...new Set([exchange, routingKey, queue])].filter(Boolean).join(':'),
    'messaging.rabbitmq.destination.routing_key': routingKey,
    'messaging.rabbitmq.message.delivery_tag': deliveryTag,
    'messaging.message.id': task.id,
    'warren.delivery_count': deliveryCount,
    ...(task.tenant === undefined ? {} : { 'warren.tenant': task.tenant }),
  }
}

/** A thread's span, as the SDK has its own. */
function readable(
  { context, parent, scope, ...rest }: ThreadSpan,
  resource: ReadableSpan['resource'],
): ReadableSpan {
  return {
    ...rest,
    spanContext: () => context,
    ...(parent ? { parentSpanContext: parent } : {}),
    events: rest.events.map((event) => ({ ...event })),
    instrumentationScope: scope,
    resource,
    ended: true,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}
