import type { ConfirmChannel } from 'amqplib'
import { controlExchange } from '../../services/contract/control.ts'
import { laterQueue } from '../../services/contract/route.ts'
import { deadLetterQueue } from '../../services/contract/topology.ts'
import { type BrokerAttempt, ownQueue, type Thief } from './attempt.ts'

const workers: readonly Thief[] = ['worker', 'sending worker']
const listens = 'to hear of a pause, a worker declares a queue that the broker names; nobody else can read it'

/** What is done with an exchange, and who may. */
const onExchange =
  (go: (channel: ConfirmChannel, exchange: string) => Promise<unknown>) =>
  (
    what: string,
    exchange: (queue: string, other: string) => string,
    may: readonly Thief[] = [],
    why?: string,
  ): BrokerAttempt => ({
    what,
    may,
    ...(why === undefined ? {} : { why }),
    go: (channel, { queue, other }) => go(channel, exchange(queue, other)),
  })

/** Binds a queue of its own to it. */
const bindOwn = onExchange(async (channel, exchange) =>
  channel.bindQueue(await ownQueue(channel), exchange, '#'),
)

/** Declares a queue whose dead letters go to it. */
const deadLettering = onExchange((channel, exchange) =>
  ownQueue(channel, { deadLetterExchange: exchange, messageTtl: 0 }),
)

/** What somebody could make and connect. */
export const shaping: readonly BrokerAttempt[] = [
  {
    what: 'declare a queue of any name',
    may: [],
    go: (channel, { queue }) => channel.assertQueue(`${queue}.mine`),
  },
  {
    what: 'declare a queue with a name like those that the broker gives',
    may: [],
    go: (channel) => channel.assertQueue('amq.gen-mine'),
  },
  {
    what: 'declare a queue that the broker names',
    may: workers,
    why: listens,
    go: (channel) => ownQueue(channel),
  },
  {
    what: 'declare one that stays when the connection has gone',
    may: workers,
    why: 'the broker has no right for how long a queue lives. It fills only with what the worker may read, and an administrator can delete it',
    async go(channel) {
      const { queue } = await channel.assertQueue('', {
        durable: true,
        arguments: { 'x-queue-type': 'classic' },
      })
      await channel.deleteQueue(queue)
    },
  },
  {
    what: 'declare a hundred of them',
    may: workers,
    why: 'they end with the connection; no limit of the broker is per user',
    go: (channel) => Promise.all(Array.from({ length: 100 }, () => ownQueue(channel))),
  },
  {
    what: 'declare an exchange',
    may: [],
    go: (channel, { queue }) => channel.assertExchange(`${queue}.mine`, 'direct'),
  },
  bindOwn(
    'copy each task into a queue of its own',
    (queue) => queue,
    workers,
    'it may read the tasks anyway',
  ),
  bindOwn('copy each word of the operator into a queue of its own', controlExchange, workers, listens),
  bindOwn('copy each dead letter into a queue of its own', deadLetterQueue),
  bindOwn('copy tasks that wait for their time', (queue) => laterQueue(queue, 2)),
  bindOwn("copy another environment's tasks", (_, other) => other),
  bindOwn('copy all that the broker traces', () => 'amq.rabbitmq.trace'),
  bindOwn('copy from amq.fanout', () => 'amq.fanout'),
  deadLettering('have tasks of its own forged as dead letters', deadLetterQueue),
  deadLettering("have messages moved into another environment's queue", (_, other) => other),
  deadLettering(
    'have messages moved into the work queue',
    (queue) => queue,
    ['sending worker'],
    'it may send tasks anyway',
  ),
  {
    what: 'bind the work queue to what the operator says',
    may: ['sending worker'],
    why: 'it may read the one and send to the other for its work: copies of an operator’s words become dead letters, as would any message that it sends',
    go: (channel, { queue }) => channel.bindQueue(queue, controlExchange(queue), '#'),
  },
  {
    what: 'unbind the work queue, so that sending finds no way',
    may: ['sending worker'],
    why: 'binding takes the rights to read the queue and to write to the exchange of the same name, which it needs for its work; the producer then answers 503 and loses nothing, and a deploy binds it again',
    go: (channel, { queue }) => channel.unbindQueue(queue, queue, queue),
  },
  {
    what: "bind the work queue to another environment's exchange",
    may: [],
    go: (channel, { queue, other }) => channel.bindQueue(queue, other, other),
  },
  {
    what: 'bind one exchange to another',
    may: [],
    go: (channel, { queue, other }) => channel.bindExchange(queue, other, '#'),
  },
]
