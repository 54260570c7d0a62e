import { setTimeout as pause } from 'node:timers/promises'
import type { ChannelModel, ConsumeMessage } from 'amqplib'
import type { Logger } from '../contract/log.ts'
import { decodeEnvelope } from '../contract/task.ts'
import type { WorkerTracing } from '../tracing/port.ts'
import { backoffMs } from './backoff.ts'
import { type Cancelled, cancelledEnding } from './cancelled.ts'
import { answerWritten, Consumer, type ConsumerOptions } from './consumer.ts'
import { deliveryCount, describeTry, type Place, type Try } from './delivery.ts'
import { unlessFired } from './fired.ts'
import type { Intake } from './intake.ts'
import type { Ending } from './outcome.ts'
import type { Runner } from './runner.ts'

/** What a slot works with. */
export interface SlotOptions extends Omit<ConsumerOptions, 'tag'> {
  readonly place: Place
  readonly runner: Runner
  readonly intake: Intake
  readonly cancelled: Cancelled
  readonly tracing?: Pick<WorkerTracing, 'began'> | undefined
  readonly log: Logger
  readonly events: TryEvents
}

/** Told of each try: the place for whatever watches a worker work. Must not throw. */
export interface TryEvents {
  /** A slot begins a try of a task that has failed so many times before. `type` is empty where it could not be read. */
  began(slot: number, deliveryCount: number, type: string): void
  /** It has ended, and the broker was told. */
  ended(facts: Try): void
}

interface Delivery {
  readonly message: ConsumeMessage
  readonly from: Consumer
}

/** One task at a time: a consumer with prefetch 1, on a channel and with a thread that it may share. */
export class Slot {
  /** Since when the slot has not been consuming, in milliseconds since 1970; undefined while it is. */
  outageSince: number | undefined = Date.now()
  /** Tasks that the worker held and will never do, because the broker had forgotten them when it sent them (`noAck`). */
  tasksLost = 0
  readonly #options: SlotOptions
  /** Delivered and not begun. Only without a prefetch limit is it ever more than one. */
  #waiting: Delivery[] = []
  #working: Promise<void> | undefined
  /** The id of the task that is being tried. */
  #trying: string | undefined
  #serving: Promise<void> = Promise.resolve()
  #mayBegin = true
  readonly #drain = new AbortController()

  constructor(options: SlotOptions) {
    this.#options = options
  }

  get busy(): boolean {
    return this.#working !== undefined
  }

  /** Consumes on this connection until it is lost (when `lost` fires), or until the slot is told to drain. */
  serve(connection: ChannelModel, lost: AbortSignal): void {
    const ended = AbortSignal.any([lost, this.#drain.signal])
    this.#serving = this.#serving.then(() => this.#serve(connection, ended))
  }

  /** Takes nothing more, finishes what runs, then leaves the channel. */
  drain(): void {
    // what the broker has forgotten is finished too
    if (!this.#options.noAck) this.#mayBegin = false
    this.#drain.abort()
  }

  /** Ends what still runs, so that it can be handed back. */
  handBack(): void {
    this.#mayBegin = false
    const reason = 'the worker is shutting down'
    const { noAck, runner } = this.#options
    runner.stop(
      noAck
        ? { outcome: 'failed', reason: `${reason}, the task is lost` }
        : { outcome: 'handed-back', reason },
    )
    if (noAck) this.tasksLost += this.#waiting.splice(0).length
  }

  /** Ends what runs if it is cancelled by now. */
  endCancelled(): void {
    const { runner, cancelled } = this.#options
    if (this.#trying !== undefined && cancelled.has(this.#trying)) runner.stop(cancelledEnding)
  }

  /** Resolves when, after `drain`, nothing runs and the broker has its answers. */
  async drained(): Promise<void> {
    await this.#serving
    await this.#working
  }

  async #serve(connection: ChannelModel, ended: AbortSignal): Promise<void> {
    const { log, place, runner, intake } = this.#options
    await runner.ready
    for (let failures = 0; !ended.aborted; failures += 1) {
      if (!intake.isOpen) {
        this.outageSince = undefined
        await unlessFired(ended, intake.changed)
        this.outageSince = Date.now()
        continue
      }
      try {
        const consumer = await this.#open(connection)
        failures = 0
        await unlessFired(ended, Promise.race([consumer.over, intake.changed]))
        await this.#close(consumer)
      } catch (error) {
        if (!ended.aborted) log.warn('not consuming', { slot: place.slot, reason: String(error) })
      }
      await pause(backoffMs(failures), undefined, { signal: ended }).catch(() => undefined)
    }
  }

  async #open(connection: ChannelModel): Promise<Consumer> {
    const { place, queue, channel, noAck, log } = this.#options
    const tag = `${place.class}.${place.worker}.${place.slot}`
    const take = (message: ConsumeMessage, from: Consumer) => this.#take({ message, from })
    const consumer = await Consumer.open(connection, { queue, channel, noAck, tag }, take)
    this.outageSince = undefined
    log.info('consuming', { slot: place.slot, queue, consumerTag: tag })
    void consumer.over.then((loss) => this.#forget(loss))
    return consumer
  }

  /** The broker delivers again what a lost channel held, so nothing of it may continue here. */
  #forget(loss: Ending): void {
    const { log, place, noAck, runner, intake } = this.#options
    this.outageSince = Date.now()
    if (!this.#drain.signal.aborted && intake.isOpen) log.warn('consumer lost', { slot: place.slot, ...loss })
    if (noAck) return
    this.#waiting = []
    runner.stop(loss)
  }

  /**
   * The order matters. A message that is given back before the consumer is cancelled comes straight back to it. The
   * broker counts what a channel still holds when it closes as failed. So: cancel, wait for the running task, give back
   * the rest, leave.
   */
  async #close(consumer: Consumer): Promise<void> {
    const { noAck, place, log } = this.#options
    if (!consumer.lost) await consumer.cancel()
    // what lives on without its channel need not hold up the next one
    if (noAck && consumer.lost) return
    await this.#working
    const notBegun = noAck ? [] : this.#waiting.splice(0)
    consumer.handBack(notBegun.map(({ message }) => message))
    if (notBegun.length > 0) log.info('handed back', { slot: place.slot, notBegun: notBegun.length })
    await consumer.close()
  }

  /** What arrives while the intake is being closed is handed back; what the broker has forgotten is done all the same. */
  get #begins(): boolean {
    const { noAck, intake } = this.#options
    return this.#mayBegin && (noAck || intake.isOpen)
  }

  #take(delivery: Delivery): void {
    this.#waiting.push(delivery)
    if (this.#begins) this.#working ??= this.#workOff()
  }

  async #workOff(): Promise<void> {
    for (let next = this.#next(); next; next = this.#next()) await this.#try(next)
    this.#working = undefined
  }

  #next(): Delivery | undefined {
    return this.#begins ? this.#waiting.shift() : undefined
  }

  async #try({ message, from }: Delivery): Promise<void> {
    const { place, events, runner, cancelled, tracing, noAck } = this.#options
    const startedAt = Date.now()
    const count = deliveryCount(message)
    const decoded = decodeEnvelope(message.properties)
    const traced = tracing?.began(decoded, message, count)
    const envelope = traced?.envelope ?? decoded
    // bookkeeping comes last, or while the thread works: it must not delay the answer
    this.#trying = envelope.task.id
    const running = cancelled.has(this.#trying)
      ? runner.skip(envelope, message, count, cancelledEnding)
      : runner.run(envelope, message, count)
    events.began(place.slot, count, envelope.task.type)
    const ending = from.answer(message, await running)
    this.#trying = undefined
    const endedAt = Date.now()
    if (noAck && !this.#mayBegin && ending.outcome !== 'done') this.tasksLost += 1
    await answerWritten()
    const facts = describeTry(place, envelope.task, count, { startedAt, endedAt }, ending)
    traced?.ended(facts)
    events.ended(facts)
  }
}
