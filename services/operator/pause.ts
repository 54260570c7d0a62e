import { setTimeout as delay } from 'node:timers/promises'
import type { ChannelModel, ConfirmChannel } from 'amqplib'
import { exchangeExists } from '../amqp/exists.ts'
import {
  controlExchange,
  type PauseWord,
  pausedExchange,
  pauseKey,
  resumedExchange,
  sinceArgument,
} from '../contract/control.ts'
import type { PauseResult } from './request.ts'
import { withChannel } from './scan.ts'

/** For how long slots that still consume are waited for, in milliseconds. */
const heedMs = 5_000

/**
 * Pauses the queue or resumes it, and tells the workers. Safe to do again, which helps where a call ended without an
 * answer.
 * @throws Error when the connection or a right is lost.
 */
export async function setPaused(
  connection: ChannelModel,
  queue: string,
  paused: boolean,
): Promise<PauseResult> {
  const isPaused = () => exchangeExists(connection, pausedExchange(queue))
  const before = await isPaused()
  if (paused && !before) await pause(connection, queue)
  if (!paused && before) await resume(connection, queue)
  return withChannel(connection, async (channel) => {
    let said: boolean
    // two operators may be at it: the last to speak says what is so
    do {
      said = await isPaused()
      await say(channel, queue, said)
    } while (said !== (await isPaused()))
    return { paused: said, before, consumers: await consumersLeft(channel, queue, said) }
  })
}

async function pause(connection: ChannelModel, queue: string): Promise<void> {
  await declare(connection, pausedExchange(queue))
}

/** In this order: the probe must not see a queue that is not paused and whose slots do not consume yet. */
async function resume(connection: ChannelModel, queue: string): Promise<void> {
  await remove(connection, resumedExchange(queue))
  await declare(connection, resumedExchange(queue))
  await remove(connection, pausedExchange(queue))
}

async function declare(connection: ChannelModel, name: string): Promise<void> {
  const options = { arguments: { [sinceArgument]: Date.now() } }
  await withChannel(connection, (channel) => channel.assertExchange(name, 'direct', options)).catch(
    (error: Error & { code?: number }) => {
      // somebody has made it since we looked, at another time
      if (error.code !== 406) throw error
    },
  )
}

/** Also where there is none. */
async function remove(connection: ChannelModel, name: string): Promise<void> {
  await withChannel(connection, (channel) => channel.deleteExchange(name))
}

async function say(channel: ConfirmChannel, queue: string, paused: boolean): Promise<void> {
  const word: PauseWord = { paused }
  channel.publish(controlExchange(queue), pauseKey, Buffer.from(JSON.stringify(word)))
  await channel.waitForConfirms()
}

async function consumersLeft(channel: ConfirmChannel, queue: string, paused: boolean): Promise<number> {
  const deadline = Date.now() + heedMs
  for (;;) {
    const { consumerCount } = await channel.checkQueue(queue)
    if (!paused || consumerCount === 0 || Date.now() > deadline) return consumerCount
    await delay(50)
  }
}
