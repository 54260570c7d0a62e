import type { ConsumeMessage } from 'amqplib'
import type { OutgoingTask } from '../amqp/batch.ts'
import { republished } from '../amqp/republish.ts'
import type { AcceptedTask } from '../contract/ledger.ts'
import { type Placing, place } from '../contract/placement.ts'
import { routeTo } from '../contract/route.ts'
import { dueAt, encodeEnvelope, laterHeader, sentHeader, type Task } from '../contract/task.ts'
import { joinHeaders, type LastSent } from './join.ts'
import type { SentTask, SentTasks } from './protocol.ts'

/** A task that a slot has: as it came, and what could be read of it. */
export interface Held {
  readonly message: ConsumeMessage
  readonly task: Omit<Task, 'payload'>
  /** The queue that it came from. */
  readonly queue: string
}

export const sentBefore = ({ message }: Held) => countIn(message, sentHeader)
export const timesPutOff = ({ message }: Held) => countIn(message, laterHeader)

/** What a handler has sent, as messages. */
export function sentTasks(
  held: Held,
  { tasks, join }: SentTasks,
  placing: Placing,
  now: number,
): OutgoingTask[] {
  const { id, tenant } = held.task
  const last = join && { tenant, ...join.last, content: bytes(join.last.content) }
  return tasks.map(({ joinIndex, ...sent }) => {
    const task = child(held.task, { tenant, ...sent, content: bytes(sent.content) }, placing, now)
    if (!last || joinIndex === undefined) return task
    const headers = { ...task.properties.headers, ...joinHeaders(id, joinIndex, last) }
    return { ...task, properties: { ...task.properties, headers } }
  })
}

/** What is sent when all of a join are done. */
export const lastTask = (parent: string, last: LastSent, placing: Placing, now: number): OutgoingTask =>
  child({ id: parent }, last, placing, now)

/** The task's own next slice; none where it does not go on. */
export function nextSlice(held: Held, { tasks, continuation }: SentTasks, now: number): OutgoingTask[] {
  if (!continuation) return []
  const headers = { [sentHeader]: sentBefore(held) + tasks.length, [laterHeader]: undefined }
  return [again(held, bytes(continuation), headers, now)]
}

/** The same task, to be tried when it is due. */
export function putOffTask(held: Held, seconds: number, now: number): OutgoingTask {
  return again(held, held.message.content, { [laterHeader]: timesPutOff(held) + 1 }, now, seconds)
}

function child(
  parent: Pick<Task, 'id'>,
  { content, ...sent }: Omit<SentTask, 'content'> & { readonly content: Buffer },
  placing: Placing,
  now: number,
): OutgoingTask {
  const { id, type, traceparent, tenant } = sent
  const { route, priority, queuedAt } = place(sent, placing, now)
  const properties = encodeEnvelope({ id, type, traceparent, tenant, priority, queuedAt, parent: parent.id })
  return { id, ...route, content, properties }
}

function again(
  { message, task, queue }: Held,
  content: Buffer,
  headers: Readonly<Record<string, unknown>>,
  now: number,
  delaySeconds?: number,
): OutgoingTask {
  const queuedAt = dueAt(now, delaySeconds)
  const properties = republished(message.properties, { ...headers, 'warren-queued-at': queuedAt })
  return {
    id: task.id,
    ...routeTo(queue, delaySeconds),
    content,
    properties: { ...properties, timestamp: Math.floor(queuedAt / 1_000) },
  }
}

/**
 * How the ledger hears of it.
 * @param parent the id of the task that sends it
 */
export function acceptedTask({ id, properties }: OutgoingTask, parent: string): AcceptedTask {
  const { type = '', headers } = properties
  const acceptedAt = Date.now()
  const dueAt = Number(headers?.['warren-queued-at'])
  return { id, type, acceptedAt, parent, ...(dueAt > acceptedAt ? { dueAt } : {}) }
}

const bytes = ({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>) =>
  Buffer.from(buffer, byteOffset, byteLength)

/** A client can publish any header. */
function countIn({ properties }: ConsumeMessage, header: string): number {
  const count: unknown = properties.headers?.[header]
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : 0
}
