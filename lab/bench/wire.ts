import { randomUUID } from 'node:crypto'
import { type EncodedTask, encodeTask } from '../../services/contract/task.ts'

/** A message as it is published. */
export type WireMessage = EncodedTask

/** Whose format a message has: Celery and Dramatiq read only their own, everybody else reads Warren's. */
export type Wire = 'warren' | 'celery' | 'dramatiq'

/** What a benchmark asks to be done. */
export interface Work {
  readonly type: 'nothing' | 'hold' | 'sleep'
  readonly payload: { readonly ms: number }
  readonly id?: string
}

/** The same work in a format; durable in all. `queue` is part of Dramatiq's. */
export function encode(wire: Wire, queue: string, work: Work): WireMessage {
  return encoders[wire](queue, { id: randomUUID(), ...work })
}

type Encoder = (queue: string, work: Required<Work>) => WireMessage

const encoders: Readonly<Record<Wire, Encoder>> = {
  warren: (_, work) => encodeTask({ ...work, queuedAt: Date.now() }),
  /** https://docs.celeryq.dev/en/stable/internals/protocol.html, version 2. */
  celery: (_, { id, type, payload }) => ({
    content: json([
      [type, payload.ms, id],
      {},
      { callbacks: null, errbacks: null, chain: null, chord: null },
    ]),
    properties: {
      ...{ contentType: 'application/json', contentEncoding: 'utf-8', correlationId: id, persistent: true },
      headers: {
        lang: 'py',
        task: 'bench.work',
        id,
        root_id: id,
        parent_id: null,
        group: null,
        ignore_result: true,
      },
    },
  }),
  /** As `dramatiq.Message.encode` writes it. */
  dramatiq: (queue, { id, type, payload }) => ({
    content: json({
      ...{ queue_name: queue, actor_name: 'work', args: [type, payload.ms, id], kwargs: {}, options: {} },
      ...{ message_id: id, message_timestamp: Date.now() },
    }),
    properties: { persistent: true },
  }),
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value))
