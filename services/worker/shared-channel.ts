import type { Channel, ChannelModel } from 'amqplib'
import type { Ending } from './outcome.ts'

/** A channel that several consumers share: the first to come opens it, the last to leave closes it. */
export class SharedChannel {
  /** Others may consume on it too. */
  readonly isShared: boolean
  readonly #prefetch: number
  #opened: { readonly connection: ChannelModel; readonly channel: Promise<OpenChannel> } | undefined

  /** @param prefetch of each consumer, 0 for no limit */
  constructor(isShared: boolean, prefetch: number) {
    this.isShared = isShared
    this.#prefetch = prefetch
  }

  /**
   * Takes a place on the channel.
   * @throws Error when the connection is lost meanwhile.
   */
  async take(connection: ChannelModel): Promise<ChannelPlace> {
    const opened = this.#opened?.connection === connection ? this.#opened : this.#open(connection)
    const channel = await opened.channel
    // lost, or left by all, since it was found
    return this.#opened === opened ? new ChannelPlace(channel) : this.take(connection)
  }

  #open(connection: ChannelModel) {
    const over = () => {
      if (this.#opened === opened) this.#opened = undefined
    }
    const opened = { connection, channel: OpenChannel.open(connection, this.#prefetch, over) }
    this.#opened = opened
    opened.channel.catch(over)
    return opened
  }
}

/** One consumer's place on a channel. */
export class ChannelPlace {
  /** Called once, when the channel is lost or the place was left. */
  onLost: ((loss: Ending) => void) | undefined
  readonly #open: OpenChannel

  constructor(open: OpenChannel) {
    this.#open = open
    open.places.add(this)
  }

  get channel(): Channel {
    return this.#open.channel
  }

  /** The channel is gone, and with it what it held. */
  get isClosed(): boolean {
    return this.#open.isClosed
  }

  /**
   * Resolves when the broker has dealt with all that was said on the channel: until then, answers may still be on their
   * way. Whoever leaves last closes it.
   */
  async leave(): Promise<void> {
    if (!this.#open.places.delete(this)) return
    await this.#open.settle()
    this.onLost?.({ outcome: 'connection-lost', reason: 'its place on the channel was left' })
  }
}

class OpenChannel {
  readonly channel: Channel
  readonly places = new Set<ChannelPlace>()
  isClosed = false
  readonly #prefetch: number
  /** Called once nobody may come any more. */
  readonly #over: () => void
  readonly #closed = Promise.withResolvers<void>()

  private constructor(channel: Channel, prefetch: number, over: () => void) {
    this.channel = channel
    this.#prefetch = prefetch
    this.#over = over
    let reason = 'the connection was lost'
    // an 'error' without a listener would end the process; 'close' follows
    channel.on('error', (error) => {
      reason = error.message
    })
    channel.on('close', () => this.#lose(reason))
  }

  static async open(connection: ChannelModel, prefetch: number, over: () => void): Promise<OpenChannel> {
    const opened = new OpenChannel(await connection.createChannel(), prefetch, over)
    await opened.#setPrefetch()
    return opened
  }

  /** Waits for the broker, and closes the channel if nobody has a place on it any more. */
  async settle(): Promise<void> {
    const isLeft = this.places.size === 0
    if (isLeft) this.#over()
    // amqplib's own promise stays open for ever where the connection is lost before the broker's word
    await Promise.race([isLeft ? this.channel.close() : this.#setPrefetch(), this.#closed.promise])
  }

  /** Of each consumer to come. The broker answers when it has dealt with all that was said before. */
  async #setPrefetch(): Promise<void> {
    await this.channel.prefetch(this.#prefetch)
  }

  #lose(reason: string): void {
    this.isClosed = true
    this.#over()
    this.#closed.resolve()
    for (const place of this.places) place.onLost?.({ outcome: 'connection-lost', reason })
    this.places.clear()
  }
}
