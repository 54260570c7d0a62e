import type { ChannelModel, ConfirmChannel, Message } from 'amqplib'
import { closeInTime } from '../amqp/close.ts'
import { deadLetterQueue } from '../contract/topology.ts'
import { describeLetter, type Letter } from './letter.ts'

/** How far a scan came: `total` is what was there at first. */
export interface Scanned {
  readonly count: number
  readonly total: number
  readonly all: boolean
}

/**
 * Most letters that the broker sends at a time: of the largest they are 50 MB. More round trips would make a scan slower:
 * 10,000 letters that come one by one take twenty seconds.
 */
const batchSize = 100
const empty = Buffer.alloc(0)
/** The broker has nothing more to send, or is slow. */
const idleMs = 1_000

/** `acked`: it is out of the queue; whatever is not, is given back at the end. */
export interface Verdict {
  readonly acked?: boolean
  readonly stop?: boolean
}

/**
 * Looks at one dead letter after the other, until `look` says stop, the time is up, or all that were there at first are
 * seen; then gives back what `look` has not acknowledged, in its order.
 */
export async function scan(
  channel: ConfirmChannel,
  queue: string,
  seconds: number,
  look: (message: Message, letter: Letter) => Promise<Verdict>,
): Promise<Scanned> {
  const deadline = Date.now() + seconds * 1_000
  const dead = deadLetterQueue(queue)
  const first = await channel.get(dead)
  if (!first) return { count: 0, total: 0, all: true }
  // a passive declare may not yet count what was given back a moment ago; a get comes after it
  let total = 1 + first.fields.messageCount
  let count = 0
  let batch: readonly Message[] = [first]
  let goesOn = true
  /** The last one of each batch that is not acknowledged. */
  const held: Message[] = []
  while (goesOn && batch.length > 0) {
    let last: Message | undefined
    for (const message of batch) {
      let seen: Verdict = {}
      // the rest of a batch goes back unseen
      if (goesOn) {
        count += 1
        seen = await look(message, describeLetter(message, Date.now()))
        goesOn = !seen.stop && count < total && Date.now() < deadline
      }
      if (!seen.acked) last = message
    }
    if (last) held.push({ ...last, content: empty })
    if (goesOn) batch = await take(channel, dead, Math.min(batchSize, total - count))
  }
  // somebody else took the rest
  if (goesOn) total = count
  // nack, not reject: it does not count as a failure, and many go back in their order. Batch by batch, since the broker
  // would give back those of several consumers in any order
  for (const message of held) channel.nack(message, true)
  return { count, total, all: count === total }
}

/** The next messages, at most so many; none when there are none. What it took before stays taken. */
async function take(channel: ConfirmChannel, queue: string, most: number): Promise<readonly Message[]> {
  const taken: Message[] = []
  const { promise: over, resolve: end } = Promise.withResolvers<void>()
  let idle = setTimeout(end, idleMs)
  // a consumer is sent no more than this, whatever its channel holds already
  await channel.prefetch(most)
  const { consumerTag } = await channel.consume(queue, (message) => {
    // the queue was deleted
    if (message === null) return end()
    taken.push(message)
    clearTimeout(idle)
    if (taken.length === most) end()
    else idle = setTimeout(end, idleMs)
  })
  await over
  clearTimeout(idle)
  await channel.cancel(consumerTag)
  if (taken.length > 0) return taken
  // only this tells an empty queue from a slow broker
  const message = await channel.get(queue)
  return message ? [message] : []
}

/** Runs `work` on a confirm channel of its own; rejects as soon as that is lost. */
export async function withChannel<Result>(
  connection: ChannelModel,
  work: (channel: ConfirmChannel) => Promise<Result>,
): Promise<Result> {
  const channel = await connection.createConfirmChannel()
  const lost = new Promise<never>((_resolve, reject) => {
    channel.on('error', reject)
    channel.on('close', () => reject(new Error('the channel was closed before the work was done')))
  })
  lost.catch(() => undefined)
  try {
    return await Promise.race([work(channel), lost])
  } finally {
    // closing the connection alone would lose the last acknowledgement, and move that letter twice
    await closeInTime(channel)
  }
}
