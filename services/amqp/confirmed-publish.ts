import { type ConfirmChannel, IllegalOperationError, type Message } from 'amqplib'
import type { Logger } from '../contract/log.ts'
import type { Failure } from '../contract/problem.ts'
import { Batch, mayBeInQueue, type OutgoingTask, type PublishOutcome, portions } from './batch.ts'
import type { BrokerConnection, KeptConnection } from './kept-connection.ts'

export interface PublishOptions {
  /** Longest wait for the confirms of all, in milliseconds. */
  readonly confirmMs: number
  /** Nobody waits for the confirms any more: what has none yet gets `no confirm in time`. */
  readonly signal?: AbortSignal
}

/** The broker's reasons to close a channel that was published on: there is no such exchange, or it may not be written to. */
const refusals: Readonly<Record<number, Failure>> = { 404: 'unroutable', 403: 'no right to write' }

/** What it read before it blocked the connection, the broker confirms within milliseconds; the rest not before long. */
const blockedGraceMs = 250

/**
 * Publishes the tasks once, on the kept connection; gives the connection up when it leaves one without an answer.
 * @param tasks with ids that differ
 * @returns what became of each, by id. Never throws for what the broker does.
 */
export async function publishOnce(
  kept: KeptConnection,
  tasks: readonly OutgoingTask[],
  log: Logger,
  options: PublishOptions,
): Promise<Map<string, PublishOutcome>> {
  const connection = await kept.get().catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    log.error('no connection to the broker', { reason })
  })
  if (connection === undefined) return everyTask(tasks, 'no connection')
  if (connection.blocked) return everyTask(tasks, 'blocked')
  const { outcomes, exchangeRefused } = await publishAndConfirm(connection, tasks, options)
  // what nobody waited for says nothing of the connection, nor does a refusal: others may publish on it now
  const isAsBefore = exchangeRefused || options.signal?.aborted
  if (!isAsBefore && [...outcomes.values()].some((each) => mayBeInQueue.has(each))) kept.drop(connection)
  return outcomes
}

function everyTask(tasks: readonly OutgoingTask[], outcome: PublishOutcome): Map<string, PublishOutcome> {
  return new Map(tasks.map(({ id }) => [id, outcome]))
}

/**
 * Publishes the tasks on one channel, and waits until the broker has confirmed or refused each, the channel is lost, or
 * the time is over.
 */
async function publishAndConfirm(
  connection: BrokerConnection,
  tasks: readonly OutgoingTask[],
  { confirmMs, signal }: PublishOptions,
): Promise<Batch> {
  const batch = new Batch(tasks)
  const late = setTimeout(() => batch.end('no confirm in time'), confirmMs)
  const onBlocked = () => setTimeout(() => batch.end('blocked'), blockedGraceMs)
  const onAbort = () => batch.end('no confirm in time')
  connection.model.once('blocked', onBlocked)
  signal?.addEventListener('abort', onAbort)
  if (signal?.aborted) onAbort()
  try {
    const opening = connection.takeChannel().catch(() => batch.end('connection lost'))
    const channel = await Promise.race([opening, batch.ended])
    // opened too late, and as good as new
    if (!channel) void opening.then((late) => late && connection.giveBack(late))
    else {
      await publishOn(channel, batch)
      if (batch.allAnswered) connection.giveBack(channel)
      // what is still on its way must not meet the next batch
      else channel.close().catch(() => undefined)
    }
    return batch
  } finally {
    clearTimeout(late)
    connection.model.off('blocked', onBlocked)
    signal?.removeEventListener('abort', onAbort)
  }
}

async function publishOn(channel: ConfirmChannel, batch: Batch): Promise<void> {
  // the broker returns an unroutable message first and then confirms it
  const returned = new Set<unknown>()
  const onReturn = ({ properties }: Message) => void returned.add(properties.messageId)
  const onError = (error: Error & { code?: number }) => {
    const failure = error.code === undefined ? undefined : refusals[error.code]
    // a refusal names the exchange
    batch.end(failure ?? 'connection lost', failure && /exchange '([^']+)'/.exec(error.message)?.[1])
  }
  const onClose = () => batch.end('connection lost')
  channel.on('return', onReturn).on('error', onError).on('close', onClose)
  const answered = (task: OutgoingTask, error: Error | null) => {
    if (error === null) batch.answer(task, returned.has(task.id) ? 'unroutable' : 'confirmed')
    // otherwise the channel was closed before an answer
    else if (error.message === 'message nacked') batch.answer(task, 'queue full')
  }
  const publish = (task: OutgoingTask) =>
    new Promise<void>((resolve) => {
      const options = { ...task.properties, mandatory: true }
      channel.publish(task.exchange, task.routingKey, task.content, options, (error) => {
        answered(task, error)
        resolve()
      })
    })
  try {
    for (const portion of portions(batch.tasks)) {
      await Promise.race([Promise.all(portion.map(publish)), batch.ended])
      // what has no room now is not sent in vain
      if ([...batch.outcomes.values()].includes('queue full')) batch.end('queue full')
      if (batch.isOver) break
    }
  } catch (error) {
    if (!(error instanceof IllegalOperationError)) throw error
    batch.end('connection lost')
  }
  await batch.ended
  channel.off('return', onReturn).off('error', onError).off('close', onClose)
}
