import type { Message, Options } from 'amqplib'
import * as z from 'zod'
import { republished } from '../amqp/republish.ts'
import { decodeTask, historyHeader, laterHeader } from '../contract/task.ts'

/** What is shown of a dead letter. Why its last try failed stands in the task log, by its id: AMQP carries no reason. */
export interface Letter {
  /** Empty where the message has none; so is `type`. */
  readonly id: string
  readonly type: string
  /** The broker's word: `rejected` (given up by a worker), `delivery_limit`, `expired`, `maxlen`; empty when unknown. */
  readonly reason: string
  /** How often it died of that in the work queue since it was last published. */
  readonly count: number
  /** When, to the second; null when unknown. */
  readonly diedAt: string | null
  readonly ageSeconds: number | null
  /** Failed deliveries since it was last published, the last one included. */
  readonly deliveryCount: number
  /** How often it was redriven before. */
  readonly redriven: number
  readonly bytes: number
  /** Why no worker can read it; null where it can be read. Without an id, no line of the task log tells. */
  readonly unreadable: string | null
}

const historyEntries = 20

// https://www.rabbitmq.com/docs/dlx#effects: newest first
const death = z.object({
  reason: z.string(),
  queue: z.string(),
  count: z.number(),
  time: z.object({ value: z.number() }).optional(),
})

export function describeLetter(message: Message, now: number): Letter {
  const { properties, content } = message
  const decoded = decodeTask(message)
  const headers: Record<string, unknown> = properties.headers ?? {}
  const last = lastDeath(headers)
  const diedAt = last?.time ? last.time.value * 1_000 : undefined
  return {
    id: text(properties.messageId),
    type: text(properties.type),
    reason: last?.reason ?? '',
    count: last?.count ?? 0,
    diedAt: diedAt === undefined ? null : new Date(diedAt).toISOString(),
    ageSeconds: diedAt === undefined ? null : Math.max(0, Math.round((now - diedAt) / 1_000)),
    deliveryCount: Number(headers['x-delivery-count'] ?? 0),
    redriven: history(headers).length,
    bytes: content.length,
    unreadable: decoded.ok ? null : decoded.reason,
  }
}

/** The properties with which a dead letter goes back to the work queue: its own, without what was the broker's. */
export function redriveProperties({ properties }: Message, letter: Letter, now: number): Options.Publish {
  const before = history(properties.headers ?? {})
  const { reason, count, diedAt, deliveryCount } = letter
  const entry = {
    reason,
    count,
    diedAt: diedAt ?? '',
    deliveryCount,
    redrivenAt: new Date(now).toISOString(),
  }
  return republished(properties, {
    [historyHeader]: [...before, entry].slice(-historyEntries),
    // it may be put off as often as at first
    [laterHeader]: undefined,
  })
}

/**
 * Whether it was redriven at this time, in milliseconds since 1970, or later: the broker tells deaths by the second, so
 * they do not say whether one came before.
 */
export function redrivenSince({ properties }: Message, time: number): boolean {
  const last = z.object({ redrivenAt: z.string() }).safeParse(history(properties.headers ?? {}).at(-1))
  return last.success && Date.parse(last.data.redrivenAt) >= time
}

function lastDeath(headers: Record<string, unknown>): z.output<typeof death> | undefined {
  const deaths = z.array(death).safeParse(headers['x-death'])
  return deaths.success ? deaths.data[0] : undefined
}

function history(headers: Record<string, unknown>): unknown[] {
  const found = headers[historyHeader]
  return Array.isArray(found) ? found : []
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
