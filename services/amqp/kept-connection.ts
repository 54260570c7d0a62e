import type { ChannelModel, ConfirmChannel } from 'amqplib'
import type { Logger } from '../contract/log.ts'
import { type BrokerAccess, openConnection } from './connection.ts'

/** Of the connection that publishes: Lambda freezes it between requests, and a request does not wait for long. */
export const keptTiming = {
  heartbeatSeconds: 30,
  timeoutSeconds: 3,
}

/** An open connection to the broker, with confirm channels that one batch at a time uses. */
export class BrokerConnection {
  readonly model: ChannelModel
  /** Whether the broker takes no messages now, since it is short of memory or disk. */
  blocked = false
  readonly #idle = new Set<ConfirmChannel>()
  readonly #log: Logger

  constructor(model: ChannelModel, log: Logger) {
    this.model = model
    this.#log = log
    // each batch that waits listens too
    model.setMaxListeners(0)
    model.on('error', (error) => log.warn('the connection to the broker failed', { reason: error.message }))
    model.on('blocked', (reason) => {
      this.blocked = true
      log.warn('the broker takes no messages', { reason })
    })
    model.on('unblocked', () => {
      this.blocked = false
    })
  }

  /** What was agreed with the broker, which may want less than we do. */
  get heartbeatMs(): number {
    // amqplib has it, its types do not
    const { heartbeat } = this.model.connection as ChannelModel['connection'] & { readonly heartbeat: number }
    return heartbeat * 1_000
  }

  /**
   * A confirm channel for one batch at a time: the broker names a returned message by its id, and two batches may use the
   * same id.
   */
  async takeChannel(): Promise<ConfirmChannel> {
    for (const channel of this.#idle) {
      this.#idle.delete(channel)
      return channel
    }
    const channel = await this.model.createConfirmChannel()
    channel.on('error', (error) => this.#log.warn('the broker closed a channel', { reason: error.message }))
    channel.on('close', () => this.#idle.delete(channel))
    return channel
  }

  /** Takes back an open channel on which everything was confirmed. */
  giveBack(channel: ConfirmChannel): void {
    this.#idle.add(channel)
  }
}

/** The one connection of this process that publishes: made when first needed, then kept, replaced when lost. */
export class KeptConnection {
  readonly #access: BrokerAccess
  readonly #name: string
  readonly #log: Logger
  #connection: BrokerConnection | undefined
  #connecting: Promise<BrokerConnection> | undefined
  #opened = 0
  #lastTick = Date.now()

  /** @param name shown by the broker in its list of connections */
  constructor(access: BrokerAccess, name: string, log: Logger) {
    this.#access = access
    this.#name = name
    this.#log = log
    setInterval(() => this.#noticeStandstill(), 1_000).unref()
  }

  /** How many connections were made after the first. */
  get reconnects(): number {
    return Math.max(0, this.#opened - 1)
  }

  /** @throws Error when the broker cannot be reached or refuses: it is not tried again here. */
  async get(): Promise<BrokerConnection> {
    this.#noticeStandstill()
    if (this.#connection) return this.#connection
    this.#connecting ??= this.#open().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  /** Gives `connection` up, so that the next `get` makes a new one. */
  drop(connection: BrokerConnection): void {
    if (this.#connection === connection) this.#connection = undefined
    // over a dead line this never ends; the missing heartbeats end it later
    connection.model.close().catch(() => undefined)
  }

  /** Closes it in order: for the end of a local run. */
  async close(): Promise<void> {
    await this.#connection?.model.close().catch(() => undefined)
  }

  async #open(): Promise<BrokerConnection> {
    const options = { name: this.#name, ...keptTiming }
    const connection = new BrokerConnection(await openConnection(this.#access, options), this.#log)
    this.#opened += 1
    connection.model.on('close', () => {
      if (this.#connection === connection) this.#connection = undefined
    })
    this.#connection = connection
    return connection
  }

  /**
   * Lambda freezes the process between invocations. After two heartbeats the broker closes the connection, and this
   * process may not notice. So it measures the time since its own last tick, at each tick and at each batch.
   */
  #noticeStandstill(): void {
    const stoodMs = Date.now() - this.#lastTick
    this.#lastTick += stoodMs
    const connection = this.#connection
    if (connection === undefined || stoodMs <= 2 * connection.heartbeatMs) return
    this.#log.info('the process stood still for too long: the connection is replaced', { stoodMs })
    this.drop(connection)
  }
}
