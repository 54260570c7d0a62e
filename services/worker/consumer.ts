import type { ChannelModel, ConsumeMessage } from 'amqplib'
import { answer, type Ending, handBackUpTo } from './outcome.ts'
import type { ChannelPlace, SharedChannel } from './shared-channel.ts'

export interface ConsumerOptions {
  readonly queue: string
  readonly tag: string
  readonly channel: SharedChannel
  /** The broker forgets a task when it sends it: there is nothing to answer. */
  readonly noAck: boolean
}

const cancelledByBroker: Ending = {
  outcome: 'consumer-timeout',
  reason: 'the broker cancelled the consumer: it held a task for too long, or the queue was deleted',
}

/** A consumer and its place on a channel, from being opened to being closed or lost. */
export class Consumer {
  /** Set once the broker has taken back what it delivered here: no answer is given any more. */
  lost: Ending | undefined
  /** Resolves with why the channel or consumer was lost, or closed. */
  readonly over: Promise<Ending>
  readonly #place: ChannelPlace
  readonly #options: ConsumerOptions
  readonly #resolve: (loss: Ending) => void
  /** What was delivered last, until it is answered. */
  #held: ConsumeMessage | undefined

  private constructor(place: ChannelPlace, options: ConsumerOptions) {
    this.#place = place
    this.#options = options
    const { promise, resolve } = Promise.withResolvers<Ending>()
    this.over = promise
    this.#resolve = resolve
  }

  /**
   * Takes a place on the channel and consumes; `take` gets each message.
   * @throws Error when the queue does not exist, may not be read, or the connection is lost meanwhile.
   */
  static async open(
    connection: ChannelModel,
    options: ConsumerOptions,
    take: (message: ConsumeMessage, from: Consumer) => void,
  ): Promise<Consumer> {
    const { queue, tag, noAck } = options
    const place = await options.channel.take(connection)
    const consumer = new Consumer(place, options)
    place.onLost = (loss) => consumer.#end(loss)
    const onMessage = (message: ConsumeMessage | null) => {
      if (message === null) return consumer.#end(cancelledByBroker)
      consumer.#held = message
      take(message, consumer)
    }
    try {
      await place.channel.consume(queue, onMessage, { consumerTag: tag, noAck })
    } catch (error) {
      await place.leave()
      throw error
    }
    return consumer
  }

  /** Tells the broker how a try ended; gives what counts in the end, since what cannot be told is lost. */
  answer(message: ConsumeMessage, ending: Ending): Ending {
    if (this.#options.noAck) return ending
    if (this.lost) return this.lost
    try {
      answer(this.#place.channel, message, ending.outcome)
      if (this.#held === message) this.#held = undefined
      return ending
    } catch (error) {
      return { outcome: 'connection-lost', reason: String(error) }
    }
  }

  /** Hands back what was delivered and not begun; nothing else may be unanswered. */
  handBack(messages: readonly ConsumeMessage[]): void {
    const last = messages.at(-1)
    if (!last || this.lost) return
    if (this.#options.channel.isShared) for (const message of messages) this.answer(message, handedBack)
    else handBackUpTo(this.#place.channel, last)
  }

  /** Resolves when nothing more will be delivered. */
  async cancel(): Promise<void> {
    await this.#place.channel.cancel(this.#options.tag)
  }

  /**
   * Leaves the channel, once nothing of its tasks runs any more. Resolves when the broker has dealt with the answers:
   * until then, they may still be on their way.
   */
  async close(): Promise<void> {
    try {
      if (this.lost?.outcome === 'consumer-timeout' && !this.#place.isClosed) await this.#forgetHere()
    } finally {
      await this.#place.leave()
    }
  }

  /**
   * A broker that has cancelled a consumer still knows its tag on this channel, and its delivery. A second consumer of
   * that tag would cost the connection. And an answer to the old delivery that came after it would be taken for one to
   * its own, since the queue numbers them anew: so that delivery is answered now, which the queue ignores.
   */
  async #forgetHere(): Promise<void> {
    await this.cancel()
    if (this.#held) answer(this.#place.channel, this.#held, 'handed-back')
    this.#held = undefined
  }

  #end(loss: Ending): void {
    this.lost ??= loss
    this.#resolve(loss)
  }
}

const handedBack: Ending = { outcome: 'handed-back' }

/**
 * Resolves when an answer that was just given is on its way. amqplib writes to the socket in a `setImmediate` of its own,
 * which it asks for after the promises of this turn: so in the turn after the next. Whatever is done before then, the
 * broker waits for.
 */
export function answerWritten(): Promise<void> {
  // all that ask in one turn wait for the same two
  written ??= new Promise((resolve) =>
    setImmediate(() => {
      written = undefined
      setImmediate(resolve)
    }),
  )
  return written
}
let written: Promise<void> | undefined
