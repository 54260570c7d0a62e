import type { Message } from 'amqplib'
import { type LogLevel, type Outcome, type TaskLogLine, unfailing } from '../contract/log.ts'
import { defaultPriority, type Task, traceIdOf } from '../contract/task.ts'
import type { Ending } from './outcome.ts'

/** What is known of a try when it has ended: the task log line without what the logger adds. */
export type Try = Omit<TaskLogLine, 'time' | 'level' | 'msg'>

/** Who tried. */
export type Place = Pick<TaskLogLine, 'class' | 'worker' | 'slot'>

/**
 * Failures before this delivery. A client can publish a message with this header already in it, so it is the broker's
 * word only on what the broker marks as redelivered.
 */
export function deliveryCount(message: Message): number {
  if (!message.fields.redelivered) return 0
  const count: unknown = message.properties.headers?.['x-delivery-count']
  return typeof count === 'number' && Number.isInteger(count) && count > 0 ? count : 0
}

/** The facts of a try that has ended. Times are in milliseconds since 1970. */
export function describeTry(
  place: Place,
  task: Omit<Task, 'payload'>,
  count: number,
  { startedAt, endedAt }: { readonly startedAt: number; readonly endedAt: number },
  ending: Ending,
): Try {
  const { id, type, queuedAt, priority = defaultPriority, tenant, traceparent, parent } = task
  // what is undefined is in no line; each object that is spread costs as much as half of the rest
  return {
    id,
    type,
    priority,
    tenant,
    class: place.class,
    worker: place.worker,
    slot: place.slot,
    queuedAt: queuedAt ? new Date(queuedAt).toISOString() : null,
    startedAt: new Date(startedAt).toISOString(),
    waitMs: queuedAt ? startedAt - queuedAt : null,
    durationMs: endedAt - startedAt,
    deliveryCount: count,
    ...ending,
    traceId: traceIdOf(traceparent),
    parent,
  }
}

/** The severity of a try's log line: a warning for whatever someone may have to look at. */
export function severity(outcome: Outcome): Extract<LogLevel, 'info' | 'warn'> {
  return unfailing.includes(outcome) ? 'info' : 'warn'
}
