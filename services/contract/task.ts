import { inspect } from 'node:util'
import type { Message, Options } from 'amqplib'
import { limits } from './limits.ts'

/**
 * The newest version of the envelope that is read: what the properties and headers of a message mean. From 2 on, a task
 * may be one of those that `sendAll` has sent (services/contract/ledger.ts), and whoever does it has to say so.
 */
export const envelopeVersion = 2

/** The version of all that an older worker may do as well. */
export const plainVersion = 1

/** The priority that the broker gives a message without one. */
export const defaultPriority = 4

/** The header that counts how often a task was put off in a row, by a RetryLaterError. */
export const laterHeader = 'warren-later'

/** The header that counts what a task's earlier slices have sent, so that the ids of what it sends go on from there. */
export const sentHeader = 'warren-sent'

/** The header where a redriven message keeps what happened to it before, oldest first: one entry for each redrive. */
export const historyHeader = 'warren-history'

/** What a client may choose as a task's id, and as the tenant's that sends it. */
export const taskIdPattern = /^[A-Za-z0-9._:-]{1,128}$/

/** One thing that the user wants done. */
export interface Task {
  readonly id: string
  readonly type: string
  /** JSON, as the client sent it. */
  readonly payload: unknown
  /**
   * When the producer accepted it or, of a task for later, when it is due ({@link dueAt}): waits count from here. In
   * milliseconds since 1970; 0 where a foreign client did not say, or what cannot be.
   */
  readonly queuedAt: number
  /** 0 to 31; the broker gives the highest first. Undefined: {@link defaultPriority}. */
  readonly priority?: number | undefined
  /** For whom it is done, where the request says so: of the same pattern as ids. */
  readonly tenant?: string | undefined
  /** W3C trace context, where the request had one. */
  readonly traceparent?: string | undefined
  /** The id of the task whose handler has sent this one. */
  readonly parent?: string | undefined
}

/** The `queuedAt` of a task that is accepted now, in milliseconds since 1970: nobody waits for what is not yet to be done. */
export function dueAt(now: number, delaySeconds = 0): number {
  return now + 1_000 * delaySeconds
}

/** A message as it goes to the broker. */
export interface EncodedTask {
  readonly content: Buffer
  readonly properties: Options.Publish
}

/** What a message turned out to be. */
export type DecodedTask = { readonly ok: true; readonly task: Task } | UnreadableTask

/** What a message's properties turned out to be. */
export type DecodedEnvelope = { readonly ok: true; readonly task: Omit<Task, 'payload'> } | UnreadableTask

/** A problem still has what could be read, for the log line. */
export interface UnreadableTask {
  readonly ok: false
  /** `newer`: an envelope of a later version, which a newer worker may read. */
  readonly problem: 'unreadable' | 'newer'
  readonly reason: string
  readonly task: Pick<Task, 'id' | 'type' | 'queuedAt' | 'priority' | 'tenant'>
}

/**
 * The task as an AMQP message. Any AMQP client can write the same: the body is the payload as JSON, `type` and
 * `message-id` are the task's. AMQP's timestamp counts whole seconds, so the header `warren-queued-at` has the
 * milliseconds. Both are optional for other clients, and ignored unless they are in 2020 to 2199. AMQP's `priority` and
 * the header `warren-tenant` are optional too.
 */
export function encodeTask(task: Task): EncodedTask {
  return { content: Buffer.from(JSON.stringify(task.payload)), properties: encodeEnvelope(task) }
}

/** As {@link encodeTask}, of a task whose payload is encoded already. */
export function encodeEnvelope(task: Omit<Task, 'payload'>): Options.Publish {
  return {
    type: task.type,
    messageId: task.id,
    timestamp: Math.floor(task.queuedAt / 1_000),
    contentType: 'application/json',
    persistent: true,
    ...(task.priority === undefined ? {} : { priority: task.priority }),
    headers: {
      'warren-version': plainVersion,
      'warren-queued-at': task.queuedAt,
      ...(task.tenant === undefined ? {} : { 'warren-tenant': task.tenant }),
      ...(task.traceparent ? { traceparent: task.traceparent } : {}),
      ...(task.parent ? { 'warren-parent': task.parent } : {}),
    },
  }
}

/** Reads a message that may come from any AMQP client. Never throws: whatever is wrong is named in the result. */
export function decodeTask(message: Pick<Message, 'content' | 'properties'>): DecodedTask {
  const envelope = decodeEnvelope(message.properties)
  if (!envelope.ok) return envelope
  const body = decodePayload(message.content)
  if (!body.ok) return unreadable(envelope.task, body.reason)
  return { ok: true, task: { ...envelope.task, payload: body.payload } }
}

/** As {@link decodeTask}, without looking at the body: the worker's main thread never parses what may be large. */
export function decodeEnvelope(properties: Message['properties']): DecodedEnvelope {
  const headers: Record<string, unknown> = properties.headers ?? {}
  const named = {
    id: text(properties.messageId),
    type: text(properties.type),
    queuedAt: time(headers['warren-queued-at']) ?? time(Number(properties.timestamp) * 1_000) ?? 0,
    priority: priority(properties.priority),
    tenant: tenant(headers['warren-tenant']),
  }
  const version = headers['warren-version'] ?? plainVersion
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) {
    return unreadable(
      named,
      `header warren-version must be a whole number from 1, got ${inspect(version, { depth: 0 })}`,
    )
  }
  if (version > envelopeVersion) {
    return {
      ok: false,
      problem: 'newer',
      reason: `envelope version ${version}, this worker reads ${envelopeVersion}`,
      task: named,
    }
  }
  if (!taskIdPattern.test(named.id)) {
    return unreadable({ ...named, id: '' }, 'property message-id must be 1 to 128 of A-Z a-z 0-9 . _ : -')
  }
  if (named.type === '') return unreadable(named, 'property type is missing')
  const { traceparent, 'warren-parent': parent } = headers
  return {
    ok: true,
    task: {
      ...named,
      traceparent: typeof traceparent === 'string' ? traceparent : undefined,
      parent: typeof parent === 'string' && taskIdPattern.test(parent) ? parent : undefined,
    },
  }
}

/** A message's body, parsed. Never throws. */
export function decodePayload(
  content: Uint8Array,
): { readonly ok: true; readonly payload: unknown } | { readonly ok: false; readonly reason: string } {
  try {
    return { ok: true, payload: JSON.parse(utf8.decode(content)) }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { ok: false, reason: `body is not JSON in UTF-8: ${reason}` }
  }
}

/** The trace of a W3C trace context, for log lines; undefined where there is none that can be read. */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  return traceparent && /^[\da-f]{2}-([\da-f]{32})-/.exec(traceparent)?.[1]
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function unreadable(task: UnreadableTask['task'], reason: string): UnreadableTask {
  return { ok: false, problem: 'unreadable', reason, task }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** A foreign client's that could be none of ours is none, and no reason to refuse its task. */
function tenant(value: unknown): string | undefined {
  return typeof value === 'string' && taskIdPattern.test(value) ? value : undefined
}

/** AMQP's is a byte: a foreign client may send more than the broker has levels. */
function priority(value: unknown): number {
  return typeof value === 'number' ? Math.min(value, limits.priority) : defaultPriority
}

/**
 * Milliseconds since 1970, if that is a plausible time: another client may count from its start, or in another unit,
 * and one such wait would spoil every average.
 */
function time(value: unknown): number | undefined {
  return typeof value === 'number' && value >= earliest && value < latest ? value : undefined
}
const earliest = Date.UTC(2020, 0)
const latest = Date.UTC(2200, 0)
