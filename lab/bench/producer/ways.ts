import { randomUUID } from 'node:crypto'
import type { ConfirmChannel } from 'amqplib'
import { type EncodedTask, encodeTask } from '../../../services/contract/task.ts'
import { openAs } from '../bare.ts'
import type { RequestEvent } from './request.ts'

/** Does what a request asks for, and resolves when the broker has confirmed all of it. */
export type Send = (event: RequestEvent) => Promise<void>

/** A way to publish: loads its code. */
export type Way = (bundle: string) => Promise<Send>

const queue = process.env['QUEUE_NAME'] ?? ''

/** The producer's Lambda function. */
const warren: Way = async (bundle) => {
  const { handler } = await import(bundle)
  return async (event) => {
    const { statusCode, body } = await handler(event)
    if (statusCode !== 202) throw new Error(`the producer answered ${statusCode}: ${body}`)
  }
}

/** All at once on a connection that is kept, then the confirms. */
const pipelined: Way = async () => {
  const channel = await keptChannel()
  return async (event) => publishAll(await channel(), messagesOf(event))
}

/** The next one when the last one is confirmed. */
const oneByOne: Way = async () => {
  const channel = await keptChannel()
  return async (event) => {
    for (const message of messagesOf(event)) await publishAll(await channel(), [message])
  }
}

/** As pipelined, on a connection that each request opens and closes. */
const connectionEach: Way = async () => {
  await import('amqplib')
  return async (event) => {
    const connection = await openAs(process.env)
    await publishAll(await connection.createConfirmChannel(), messagesOf(event))
    await connection.close()
  }
}

export const ways = { warren, pipelined, oneByOne, connectionEach } as const satisfies Record<string, Way>

/** The same messages as Warren's. Nothing is checked. */
function messagesOf({ body }: RequestEvent): EncodedTask[] {
  const { tasks }: { tasks: readonly { readonly type: string; readonly payload: unknown }[] } =
    JSON.parse(body)
  const queuedAt = Date.now()
  return tasks.map(({ type, payload }) => encodeTask({ id: randomUUID(), type, payload, queuedAt }))
}

/** Loads amqplib; the channel is opened when first used. */
async function keptChannel(): Promise<() => Promise<ConfirmChannel>> {
  await import('amqplib')
  let channel: Promise<ConfirmChannel> | undefined
  return () => {
    channel ??= openAs(process.env).then((connection) => connection.createConfirmChannel())
    return channel
  }
}

async function publishAll(channel: ConfirmChannel, messages: readonly EncodedTask[]): Promise<void> {
  for (const { content, properties } of messages)
    channel.publish(queue, queue, content, { ...properties, mandatory: true })
  await channel.waitForConfirms()
}
