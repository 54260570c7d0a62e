import type { ConsumeMessage } from 'amqplib'
import type { OutgoingTask } from '../amqp/batch.ts'
import { republished } from '../amqp/republish.ts'
import { routeTo } from '../contract/route.ts'
import {
  defaultPriority,
  dueAt,
  encodeEnvelope,
  laterHeader,
  sentHeader,
  type Task,
} from '../contract/task.ts'
import type { TaskType } from '../contract/task-type.ts'
import type { Tenants } from '../contract/tenants.ts'
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

/** What outgoing tasks need beside what was sent. */
export interface Outgoing {
  readonly types: ReadonlyMap<string, TaskType>
  /** What this worker has sent for each tenant lately. */
  readonly tenants: Tenants
}

/** What a handler has sent, as messages; the task's own next slice comes last. */
export function outgoingTasks(
  held: Held,
  { tasks, continuation }: SentTasks,
  outgoing: Outgoing,
  now: number,
): OutgoingTask[] {
  const children = tasks.map((sent) => child(held, sent, outgoing, now))
  if (!continuation) return children
  const headers = { [sentHeader]: sentBefore(held) + tasks.length, [laterHeader]: undefined }
  return [...children, again(held, bytes(continuation), headers, now)]
}

/** The same task, to be tried when it is due. */
export function putOffTask(held: Held, seconds: number, now: number): OutgoingTask {
  return again(held, held.message.content, { [laterHeader]: timesPutOff(held) + 1 }, now, seconds)
}

function child(
  { task: parent, queue }: Held,
  { content, delaySeconds, priority: asked, tenant = parent.tenant, ...task }: SentTask,
  { types, tenants }: Outgoing,
  now: number,
): OutgoingTask {
  const { priority: ofType, queue: to = queue } = types.get(task.type) ?? {}
  const own = asked ?? ofType
  // what a tenant sends to one queue stands in nobody's way in another
  const priority = tenant === undefined ? own : tenants.next(`${to}/${tenant}`, own ?? defaultPriority, now)
  const queuedAt = dueAt(now, delaySeconds)
  const properties = encodeEnvelope({ ...task, priority, tenant, queuedAt, parent: parent.id })
  return { id: task.id, ...routeTo(to, delaySeconds), content: bytes(content), properties }
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

const bytes = ({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>) =>
  Buffer.from(buffer, byteOffset, byteLength)

/** A client can publish any header. */
function countIn({ properties }: ConsumeMessage, header: string): number {
  const count: unknown = properties.headers?.[header]
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : 0
}
