import type { ChannelModel, ConfirmChannel, GetMessage } from 'amqplib'
import { deadLetterQueue } from '../contract/topology.ts'
import { closeInTime } from './connection.ts'
import { describeLetter, type Letter, redriveProperties } from './letter.ts'
import type { ListRequest, RedriveRequest, RedriveResult } from './request.ts'

/** A broker that is short of memory or disk confirms nothing before that is over. */
const confirmSeconds = 10

/**
 * Moves dead letters back to the work queue, the oldest first, one after the other: published, mandatory, and only when
 * the broker has confirmed it acknowledged. So an interruption loses none, and moves one twice at worst. The id, the
 * payload and the trace stay; what happened before goes into the header `warren-history`. What does not match is
 * held until the end and then given back, uncounted, in its order; only its number is kept in memory.
 *
 * Ends after `seconds`: see {@link RedriveResult.next}. Letters that come in meanwhile are not looked at.
 * @throws Error when the connection or a right is lost; what was moved by then stays moved.
 */
export async function redrive(
  connection: ChannelModel,
  queue: string,
  request: RedriveRequest,
): Promise<RedriveResult> {
  const begun = Date.now()
  const { dryRun, limit = Number.POSITIVE_INFINITY, seconds } = request
  return withChannel(connection, async (channel) => {
    let matched = 0
    let moved = 0
    let stopped: RedriveResult['stopped']
    const scanned = await scan(channel, queue, seconds, async (message, letter) => {
      if (!matches(letter, request)) return 'next'
      matched += 1
      if (!dryRun) {
        stopped = await publish(channel, queue, message, letter)
        if (stopped) return 'stop'
        channel.ack(message)
        moved += 1
      }
      return matched < limit ? 'next' : 'stop'
    })
    const wanted = limit - moved
    const done = dryRun || wanted === 0 || (scanned.all && !stopped)
    const rest = Number.isFinite(wanted) ? { limit: wanted } : {}
    const next = { ...request, ...rest, diedBefore: request.diedBefore ?? begun }
    return {
      dryRun,
      scanned: scanned.count,
      matched,
      moved,
      left: scanned.total - moved,
      ...(stopped ? { stopped } : {}),
      ...(done ? {} : { next }),
    }
  })
}

/** A page of the dead letters that match, the oldest first. Nothing is moved. */
export async function list(
  connection: ChannelModel,
  queue: string,
  request: ListRequest,
): Promise<{ readonly letters: readonly Letter[]; readonly deadLetters: number }> {
  return withChannel(connection, async (channel) => {
    const letters: Letter[] = []
    let matched = 0
    const { total } = await scan(channel, queue, request.seconds, async (_message, letter) => {
      if (matches(letter, request)) matched += 1
      else return 'next'
      if (matched > request.skip) letters.push(letter)
      return letters.length < request.limit ? 'next' : 'stop'
    })
    return { letters, deadLetters: total }
  })
}

/** How many dead letters there are, those held by somebody else left out. */
export async function countDeadLetters(connection: ChannelModel, queue: string): Promise<number> {
  return withChannel(
    connection,
    async (channel) => (await channel.checkQueue(deadLetterQueue(queue))).messageCount,
  )
}

/** How far a scan came: `total` is what was there at first. */
interface Scanned {
  readonly count: number
  readonly total: number
  readonly all: boolean
}

/**
 * Takes one dead letter after the other, until `look` says stop, the time is up, or all that were there at first are
 * seen; then gives back what `look` has not acknowledged.
 */
async function scan(
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
    // n.b. a passive declare may not yet count what was given back a moment ago; a get comes after it
    if (count === 0) total = 1 + message.fields.messageCount
    count += 1
    verdict = await look(message, describeLetter(message, Date.now()))
  } while (verdict === 'next' && count < total && Date.now() < deadline)
  // nack, not reject: it does not count as a failure, and many go back in their order
  channel.nackAll(true)
  return { count, total, all: count === total }
}

/** @returns what was wrong; undefined when the broker has confirmed it. */
async function publish(
  channel: ConfirmChannel,
  queue: string,
  message: GetMessage,
  letter: Letter,
): Promise<RedriveResult['stopped']> {
  const properties = { ...redriveProperties(message, letter, Date.now()), mandatory: true }
  const { promise, resolve, reject } = Promise.withResolvers<RedriveResult['stopped']>()
  // the broker returns what no queue takes, and then confirms it
  channel.once('return', () => resolve('unroutable'))
  const late = setTimeout(() => resolve('no confirm in time'), confirmSeconds * 1_000)
  channel.publish(queue, queue, message.content, properties, (error) => {
    if (error === null) resolve(undefined)
    else if (error.message === 'message nacked') resolve('queue full')
    else reject(error)
  })
  return promise.finally(() => {
    clearTimeout(late)
    channel.removeAllListeners('return')
  })
}

type Filter = Pick<RedriveRequest, 'type' | 'reason' | 'olderThanSeconds' | 'diedBefore'>

function matches(letter: Letter, { type, reason, olderThanSeconds, diedBefore }: Filter): boolean {
  if (type !== undefined && letter.type !== type) return false
  if (reason !== undefined && letter.reason !== reason) return false
  if (olderThanSeconds !== undefined && (letter.ageSeconds ?? 0) < olderThanSeconds) return false
  return diedBefore === undefined || letter.diedAt === null || Date.parse(letter.diedAt) <= diedBefore
}

async function withChannel<Result>(
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
