import type { ConfirmChannel } from 'amqplib'
import type { BrokerAttempt, Thief } from './attempt.ts'

const workers: readonly Thief[] = ['worker', 'sending worker']
const takesTasks =
  'taking tasks is what the user is for: what it holds and does not finish comes back to others'
const reads = 'RabbitMQ’s read permission includes it. Only code that is trusted runs as a worker'

/** Takes one message, and gives it back. */
async function look(channel: ConfirmChannel, queue: string): Promise<void> {
  const message = await channel.get(queue)
  if (message) channel.nack(message)
}

/** Consumes until the broker has answered. */
async function consume(channel: ConfirmChannel, queue: string, options = {}): Promise<void> {
  const { consumerTag } = await channel.consume(queue, (message) => message && channel.nack(message), options)
  await channel.cancel(consumerTag)
}

const suffixed = (
  verb: string,
  targets: readonly (readonly [suffix: string, may: readonly Thief[], why?: string])[],
  go: (channel: ConfirmChannel, queue: string) => Promise<unknown>,
): BrokerAttempt[] =>
  targets.map(([suffix, may, why]) => ({
    what: `${verb} tasks${suffix}`,
    may,
    ...(why === undefined ? {} : { why }),
    go: (channel, { queue }) => go(channel, `${queue}${suffix}`),
  }))

/** What somebody could read and take away. */
export const reading: readonly BrokerAttempt[] = [
  ...suffixed(
    'read',
    [
      ['', workers, takesTasks],
      ['.dead', ['operator'], 'reading dead letters is what the user is for'],
      ['.cancelled', [...workers, 'operator'], 'the list has ids and times alone'],
      ['.later.02', []],
    ],
    look,
  ),
  ...suffixed(
    'empty',
    [
      ['', workers, reads],
      ['.dead', ['operator'], 'RabbitMQ’s read permission includes it'],
      [
        '.cancelled',
        [...workers, 'operator'],
        'those tasks are then done; the next cancel writes the list again',
      ],
      ['.later.02', []],
    ],
    (channel, queue) => channel.purgeQueue(queue),
  ),
  {
    what: 'take tasks before all other consumers',
    may: workers,
    why: takesTasks,
    go: (channel, { queue }) => consume(channel, queue, { priority: 1_000 }),
  },
  {
    what: 'lock all other consumers out, where there are none yet',
    may: workers,
    why: 'it may take all tasks anyway',
    go: (channel, { queue }) => consume(channel, queue, { exclusive: true }),
  },
  {
    what: "read another environment's tasks",
    may: [],
    go: (channel, { other }) => look(channel, other),
  },
  {
    what: "empty another environment's queue",
    may: [],
    go: (channel, { other }) => channel.purgeQueue(other),
  },
  {
    what: 'read what a worker hears in its own queue',
    may: [],
    go: (channel, { listener }) => consume(channel, listener),
  },
]
