import { setTimeout as pause } from 'node:timers/promises'
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib'
import { readCancelled, takeCancelled } from '../amqp/cancelled.ts'
import { closeInTime } from '../amqp/close.ts'
import { exchangeExists } from '../amqp/exists.ts'
import { cancelledKey } from '../contract/cancelled.ts'
import { controlExchange, pausedExchange, pauseKey, pauseWord } from '../contract/control.ts'
import type { Logger } from '../contract/log.ts'
import { backoffMs } from './backoff.ts'
import type { Cancelled } from './cancelled.ts'
import { unlessFired } from './fired.ts'
import type { Intake } from './intake.ts'

export interface ControlOptions {
  readonly queue: string
  readonly intake: Intake
  readonly cancelled: Cancelled
  readonly log: Logger
}

/** It lives as long as the connection, whatever type the vhost's queues have by default. */
const ownQueue = { exclusive: true, durable: false, arguments: { 'x-queue-type': 'classic' } }

/** Does what an operator says to all workers of the queue. */
export class Control {
  readonly #options: ControlOptions
  #isPaused = false

  constructor(options: ControlOptions) {
    this.#options = options
  }

  /**
   * Listens until the connection is lost (when `lost` fires), on a channel of its own that is opened again whenever it
   * is lost. Resolves when the last word is known, or the connection lost: until then nothing may be taken.
   */
  follow(connection: ChannelModel, lost: AbortSignal): Promise<void> {
    const known = Promise.withResolvers<void>()
    void this.#follow(connection, lost, known.resolve)
    return unlessFired(lost, known.promise)
  }

  async #follow(connection: ChannelModel, lost: AbortSignal, known: () => void): Promise<void> {
    for (let failures = 0; !lost.aborted; failures += 1) {
      try {
        const { over } = await this.#listen(connection)
        known()
        failures = 0
        await unlessFired(lost, over)
      } catch (error) {
        if (!lost.aborted) this.#options.log.warn('not listening to the operator', { reason: String(error) })
      }
      await pause(backoffMs(failures), undefined, { signal: lost }).catch(() => undefined)
    }
  }

  /**
   * The order matters. What is said after the binding arrives here, and what was said before it can be seen: the broker
   * makes both in one order, on each of its nodes.
   * @returns `over` resolves when the channel is
   */
  async #listen(connection: ChannelModel): Promise<{ readonly over: Promise<void> }> {
    const { queue } = this.#options
    const channel = await connection.createChannel()
    const over = new Promise<void>((resolve) => channel.on('close', resolve))
    // an 'error' without a listener would end the process; 'close' follows
    channel.on('error', () => undefined)
    let heard = false
    const hear = (message: ConsumeMessage | null) => {
      // the broker has deleted the queue
      if (message === null) return void closeInTime(channel)
      if (message.fields.routingKey === pauseKey) heard = true
      this.#hear(message)
    }
    try {
      const { queue: own } = await channel.assertQueue('', ownQueue)
      for (const key of [pauseKey, cancelledKey]) await channel.bindQueue(own, controlExchange(queue), key)
      await channel.consume(own, hear, { noAck: true })
      await this.#readCancelled(channel)
      const paused = await exchangeExists(connection, pausedExchange(queue))
      // what was said meanwhile is newer
      if (!heard) this.#setPaused(paused)
    } catch (error) {
      await closeInTime(channel)
      throw error
    }
    return { over }
  }

  #hear({ fields: { routingKey }, content }: ConsumeMessage): void {
    const { cancelled, log } = this.#options
    const paused = routingKey === pauseKey ? readPause(content) : undefined
    const list = routingKey === cancelledKey ? readCancelled(content) : undefined
    if (paused !== undefined) this.#setPaused(paused)
    else if (list !== undefined) cancelled.set(list)
    else log.warn('what the operator says cannot be read', { about: routingKey })
  }

  async #readCancelled(channel: Channel): Promise<void> {
    const { queue, cancelled, log } = this.#options
    const { list, message } = await takeCancelled(channel, queue)
    if (message) channel.nack(message)
    else log.warn('the list of cancelled ids is gone: nothing is cancelled')
    cancelled.set(list)
  }

  #setPaused(paused: boolean): void {
    const { intake, log } = this.#options
    if (paused !== this.#isPaused) log.info(paused ? 'paused by the operator' : 'resumed by the operator')
    this.#isPaused = paused
    intake.set(!paused, 'operator')
  }
}

function readPause(content: Buffer): boolean | undefined {
  try {
    return pauseWord.parse(JSON.parse(content.toString())).paused
  } catch {
    return undefined
  }
}
