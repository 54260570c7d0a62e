import type { ChannelModel, ConfirmChannel, GetMessage } from 'amqplib'
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
 * Takes one dead letter after the other, until `look` says stop, the time is up, or all that were there at first are
 * seen; then gives back what `look` has not acknowledged.
 */
export async function scan(
  channel: ConfirmChannel,
  queue: string,
  seconds: number,
  look: (message: GetMessage, letter: Letter) => Promise<'next' | 'stop'>,
): Promise<Scanned> {
  const deadline = Date.now() + seconds * 1_000
  let total = 0
  let count = 0
  let verdict = 'next'
  do {
    const message = await channel.get(deadLetterQueue(queue))
    if (!message) {
      // somebody else took the rest
      total = count
      break
    }
    // a passive declare may not yet count what was given back a moment ago; a get comes after it
    if (count === 0) total = 1 + message.fields.messageCount
    count += 1
    verdict = await look(message, describeLetter(message, Date.now()))
  } while (verdict === 'next' && count < total && Date.now() < deadline)
  // nack, not reject: it does not count as a failure, and many go back in their order
  channel.nackAll(true)
  return { count, total, all: count === total }
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
