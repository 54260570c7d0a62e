import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib'
import { answer, type Ending, handBackUpTo } from './outcome.ts'

export interface ConsumerOptions {
  readonly queue: string
  readonly tag: string
  /** 0 for no limit. */
  readonly prefetch: number
  /** The broker forgets a task when it sends it: there is nothing to answer. */
  readonly noAck: boolean
}

/** One channel with one consumer, from being opened to being closed or lost. */
export class Consumer {
  /** Set once the broker has taken back what it delivered here: no answer is given any more. */
  lost: Ending | undefined
  /** Resolves with why the channel or consumer was lost, or closed. */
  readonly over: Promise<Ending>
  readonly #channel: Channel
  readonly #options: ConsumerOptions
  readonly #resolve: (loss: Ending) => void
  readonly #closed = Promise.withResolvers<void>()
  #isClosed = false

  private constructor(channel: Channel, options: ConsumerOptions) {
    this.#channel = channel
    this.#options = options
    const { promise, resolve } = Promise.withResolvers<Ending>()
    this.over = promise
    this.#resolve = resolve
    let reason = 'the connection was lost'
    // an 'error' without a listener would end the process; 'close' follows
    channel.on('error', (error) => {
      reason = error.message
    })
    channel.on('close', () => {
      this.#isClosed = true
      this.#closed.resolve()
      this.#end({ outcome: 'connection-lost', reason })
    })
  }

  /**
   * Opens a channel and consumes; `take` gets each message.
   * @throws Error when the queue does not exist, may not be read, or the connection is lost meanwhile.
   */
  static async open(
    connection: ChannelModel,
    options: ConsumerOptions,
    take: (message: ConsumeMessage, from: Consumer) => void,
  ): Promise<Consumer> {
    const { queue, tag, prefetch, noAck } = options
    const channel = await connection.createChannel()
    const consumer = new Consumer(channel, options)
    await channel.prefetch(prefetch)
    const onMessage = (message: ConsumeMessage | null) => {
      if (message !== null) return take(message, consumer)
      const reason =
        'the broker cancelled the consumer: it held a task for too long, or the queue was deleted'
      consumer.#end({ outcome: 'consumer-timeout', reason })
    }
    await channel.consume(queue, onMessage, { consumerTag: tag, noAck })
    return consumer
  }

  /** Tells the broker how a try ended; gives what counts in the end, since what cannot be told is lost. */
  answer(message: ConsumeMessage, ending: Ending): Ending {
    if (this.#options.noAck) return ending
    if (this.lost) return this.lost
    try {
      answer(this.#channel, message, ending.outcome)
      return ending
    } catch (error) {
      return { outcome: 'connection-lost', reason: String(error) }
    }
  }

  /** Hands back this message and all that were delivered before it and are not answered. */
  handBackUpTo(message: ConsumeMessage): void {
    if (!this.lost) handBackUpTo(this.#channel, message)
  }

  /** Resolves when nothing more will be delivered. */
  async cancel(): Promise<void> {
    await this.#channel.cancel(this.#options.tag)
  }

  /**
   * Closes the channel, unless that is how it was lost, and waits for the broker's word: until then, answers may still
   * be on their way.
   */
  async close(): Promise<void> {
    // amqplib's own promise stays open for ever where the connection is lost before the broker's word
    if (!this.#isClosed) await Promise.race([this.#channel.close(), this.#closed.promise])
  }

  #end(loss: Ending): void {
    this.lost ??= loss
    this.#resolve(loss)
  }
}

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
