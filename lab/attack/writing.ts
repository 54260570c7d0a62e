import { cancelledKey, cancelledQueue } from '../../services/contract/cancelled.ts'
import { controlExchange, pausedExchange, pauseKey } from '../../services/contract/control.ts'
import { laterQueue } from '../../services/contract/route.ts'
import { deadLetterQueue } from '../../services/contract/topology.ts'
import { type BrokerAttempt, publish } from './attempt.ts'

const sendsTasks = 'sending tasks is what the user is for; a worker parses each again'

/** What somebody could write, remove and break. */
export const writing: readonly BrokerAttempt[] = [
  {
    what: 'send a task',
    may: ['producer', 'operator', 'sending worker'],
    why: `${sendsTasks}. The operator's does it to redrive`,
    go: (channel, { queue }) => publish(channel, queue, queue),
  },
  {
    what: 'send a task for later',
    may: ['producer', 'sending worker'],
    why: sendsTasks,
    go: (channel, { queue }) => publish(channel, laterQueue(queue, 2), '1.0.0'),
  },
  {
    what: 'send a task of another environment',
    may: [],
    go: (channel, { other }) => publish(channel, other, other),
  },
  {
    what: 'put a task into the queue past its exchange',
    may: [],
    go: (channel, { queue }) => publish(channel, '', queue),
  },
  {
    what: 'forge a dead letter',
    may: [],
    go: (channel, { queue }) => publish(channel, deadLetterQueue(queue), queue),
  },
  {
    what: 'forge a dead letter past its exchange',
    may: [],
    go: (channel, { queue }) => publish(channel, '', deadLetterQueue(queue)),
  },
  {
    what: 'forge the list of cancelled ids past its exchange',
    may: [],
    go: (channel, { queue }) => publish(channel, '', cancelledQueue(queue)),
  },
  {
    what: 'tell the workers of a pause',
    may: ['operator'],
    why: 'pausing is what the user is for; the dashboard shows it',
    go: (channel, { queue }) => publish(channel, controlExchange(queue), pauseKey),
  },
  {
    what: 'write the list of cancelled ids',
    may: ['operator'],
    why: 'cancelling is what the user is for; the task log shows it',
    go: (channel, { queue }) => publish(channel, controlExchange(queue), cancelledKey),
  },
  {
    what: 'tell one worker something in its own queue',
    may: [],
    go: (channel, { listener }) => publish(channel, '', listener),
  },
  ...['amq.direct', 'amq.fanout', 'amq.topic', 'amq.headers', 'amq.rabbitmq.trace'].map(
    (exchange): BrokerAttempt => ({
      what: `publish to ${exchange}`,
      may: [],
      go: (channel) => publish(channel, exchange, 'x'),
    }),
  ),
  {
    what: "send in another user's name",
    may: [],
    go: (channel, { queue, other }) => publish(channel, queue, queue, { userId: `${other}-operator` }),
  },
  ...['', '.dead', '.cancelled', '.later.02'].map(
    (suffix): BrokerAttempt => ({
      what: `delete the queue tasks${suffix}`,
      may: [],
      go: (channel, { queue }) => channel.deleteQueue(`${queue}${suffix}`),
    }),
  ),
  ...['', '.dead', '.control', '.later.02'].map(
    (suffix): BrokerAttempt => ({
      what: `delete the exchange tasks${suffix}`,
      may: [],
      go: (channel, { queue }) => channel.deleteExchange(`${queue}${suffix}`),
    }),
  ),
  {
    what: "delete a worker's own queue",
    may: [],
    go: (channel, { listener }) => channel.deleteQueue(listener),
  },
  {
    what: 'pause the queue',
    may: ['operator'],
    why: 'pausing is what the user is for',
    async go(channel, { queue }) {
      await channel.assertExchange(pausedExchange(queue), 'direct')
      await channel.deleteExchange(pausedExchange(queue))
    },
  },
]
