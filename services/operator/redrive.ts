import type { ChannelModel, ConfirmChannel, Message } from 'amqplib'
import { type BriefRow, briefRow } from './brief.ts'
import { type Letter, redrivenSince, redriveProperties } from './letter.ts'
import {
  type LettersRequest,
  type LettersResult,
  type ListRequest,
  maxLetters,
  type RedriveRequest,
  type RedriveResult,
} from './request.ts'
import { scan, withChannel } from './scan.ts'

/** A broker that is short of memory or disk confirms nothing before that is over. */
const confirmSeconds = 10

/**
 * Moves dead letters back to the work queue, one after the other, in the order of their queue: first those that
 * somebody has looked at before, then the oldest. Each is published as mandatory, and acknowledged only after the
 * broker has confirmed it. So an interruption loses none, and moves at most one twice. Id, payload and trace stay; the
 * header `warren-history` gets what happened before. Letters that do not match are held until the end, and then given
 * back uncounted and in order.
 *
 * Ends after `seconds`: see {@link RedriveResult.next}. Letters that come in meanwhile are not looked at.
 * @param onMoved is told the id of each, and a time before it was published, in milliseconds since 1970
 * @throws Error when the connection or a right is lost; what was moved by then stays moved.
 */
export async function redrive(
  connection: ChannelModel,
  queue: string,
  request: RedriveRequest,
  onMoved: (id: string, at: number) => void = () => undefined,
): Promise<RedriveResult> {
  const begun = Date.now()
  const { dryRun, limit = Number.POSITIVE_INFINITY, seconds, diedBefore = begun } = request
  const matches = matcher(request)
  return withChannel(connection, async (channel) => {
    let matched = 0
    let moved = 0
    let stopped: RedriveResult['stopped']
    const scanned = await scan(channel, queue, seconds, async (message, letter) => {
      if (!matches(letter) || redrivenSince(message, diedBefore)) return {}
      matched += 1
      const stop = matched >= limit
      if (dryRun) return { stop }
      const at = Date.now()
      stopped = await publish(channel, queue, message, letter)
      if (stopped) return { stop: true }
      channel.ack(message)
      moved += 1
      onMoved(letter.id, at)
      return { acked: true, stop }
    })
    const wanted = limit - moved
    const done = dryRun || wanted === 0 || (scanned.all && !stopped)
    const rest = Number.isFinite(wanted) ? { limit: wanted } : {}
    const next = { ...request, ...rest, diedBefore }
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

/**
 * A page of the dead letters that match, in the order of their deaths. Nothing is moved. It has to look at all of them,
 * since the queue gives those first that somebody has looked at before. `scanned` counts how many it reached within
 * `seconds`.
 */
export async function list(
  connection: ChannelModel,
  queue: string,
  request: ListRequest,
): Promise<{ readonly letters: readonly Letter[]; readonly scanned: number; readonly deadLetters: number }> {
  const matches = matcher(request)
  return withChannel(connection, async (channel) => {
    const letters: Letter[] = []
    const { total, count } = await scan(channel, queue, request.seconds, async (_message, letter) => {
      if (matches(letter)) letters.push(letter)
      return {}
    })
    const page = letters
      .toSorted((one, other) => (one.diedAt ?? '').localeCompare(other.diedAt ?? ''))
      .slice(request.skip, request.skip + request.limit)
    return { letters: page, scanned: count, deadLetters: total }
  })
}

/**
 * Dead letters in short, in the order of their queue, so that 10,000 are an answer of 1 MB. Nothing is moved. It looks
 * at all of them: whoever asks for the next ones skips those that it has.
 */
export async function letters(
  connection: ChannelModel,
  queue: string,
  request: LettersRequest,
): Promise<LettersResult> {
  const matches = matcher(request)
  return withChannel(connection, async (channel) => {
    const rows: BriefRow[] = []
    let matched = 0
    const { total, count } = await scan(channel, queue, request.seconds, async (_message, letter) => {
      if (!matches(letter)) return {}
      matched += 1
      if (matched > request.skip && rows.length < maxLetters) rows.push(briefRow(letter))
      return {}
    })
    return { letters: rows, matched, scanned: count, deadLetters: total }
  })
}

/** How many dead letters there are, those held by somebody else left out. */
export async function countDeadLetters(connection: ChannelModel, queue: string): Promise<number> {
  return withChannel(
    connection,
    async (channel) => (await scan(channel, queue, 1, async () => ({ stop: true }))).total,
  )
}

/** @returns what was wrong; undefined when the broker has confirmed it. */
async function publish(
  channel: ConfirmChannel,
  queue: string,
  message: Message,
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

type Filter = Pick<RedriveRequest, 'type' | 'reason' | 'olderThanSeconds' | 'ids'> & {
  readonly diedBefore?: number | undefined
}

function matcher({ type, reason, olderThanSeconds, ids, diedBefore }: Filter): (letter: Letter) => boolean {
  const wanted = ids && new Set(ids)
  return (letter) => {
    if (type !== undefined && letter.type !== type) return false
    if (reason !== undefined && letter.reason !== reason) return false
    if (olderThanSeconds !== undefined && (letter.ageSeconds ?? 0) < olderThanSeconds) return false
    if (wanted !== undefined && !wanted.has(letter.id)) return false
    return diedBefore === undefined || letter.diedAt === null || Date.parse(letter.diedAt) <= diedBefore
  }
}
