import type { Channel, ChannelModel } from 'amqplib'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { manage, path } from '../../services/amqp/management.ts'
import { cancelledKey, cancelledQueue, noneCancelled } from '../../services/contract/cancelled.ts'
import { controlExchange, pausedExchange, pauseKey } from '../../services/contract/control.ts'
import { laterQueue, routeTo } from '../../services/contract/route.ts'
import { type UserRole, userRoles } from '../../services/contract/topology.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { openAs } from '../support/topology.ts'

const broker = inject('broker')
let queue: TestQueue
let sendingQueue: TestQueue
beforeAll(async () => {
  queue = await createQueue(broker, { producer: { connections: 2, moreQueues: [] } })
  sendingQueue = await createQueue(broker, { workerPublishes: true })
})
afterAll(async () => {
  await queue[Symbol.asyncDispose]()
  await sendingQueue[Symbol.asyncDispose]()
})

const connect = (role: UserRole, to = queue): Promise<ChannelModel> => {
  const { BROKER_USERNAME, BROKER_PASSWORD } = to.environment(role)
  return openAs(broker, BROKER_USERNAME, BROKER_PASSWORD)
}

/** What somebody could try, on a channel of its own: a refusal closes it. */
const attempts: Record<string, (channel: Channel, name: string, dead: string) => Promise<unknown>> = {
  'publish a task': async (channel, name) => {
    channel.publish(name, name, Buffer.from('{}'))
    // an RPC behind it: the refusal of a publish has no answer of its own
    await channel.prefetch(1)
  },
  'publish a task for later': async (channel, name) => {
    const { exchange, routingKey } = routeTo(name, 5)
    channel.publish(exchange, routingKey, Buffer.from('{}'))
    await channel.prefetch(1)
  },
  'take tasks before their time': (channel, name) => channel.get(laterQueue(name, 2)),
  'publish a dead letter': async (channel, name, dead) => {
    channel.publish(dead, name, Buffer.from('{}'))
    await channel.prefetch(1)
  },
  'count tasks': (channel, name) => channel.checkQueue(name),
  'count dead letters': (channel, _name, dead) => channel.checkQueue(dead),
  'take tasks': (channel, name) => channel.get(name),
  'take dead letters': (channel, _name, dead) => channel.get(dead),
  'remove all tasks': (channel, name) => channel.purgeQueue(name),
  'remove all dead letters': (channel, _name, dead) => channel.purgeQueue(dead),
  'delete the queue': (channel, name) => channel.deleteQueue(name, { ifEmpty: true, ifUnused: true }),
  'declare a queue': (channel, name) => channel.assertQueue(`${name}.mine`),
  'declare an exchange': (channel, name) => channel.assertExchange(`${name}.mine`, 'direct'),
  'bind the queue': (channel, name) => channel.bindQueue(name, name, 'mine'),
  'listen to the operator': async (channel, name) => {
    const { queue: own } = await channel.assertQueue('', { exclusive: true, durable: false })
    await channel.bindQueue(own, controlExchange(name), pauseKey)
    await channel.consume(own, () => undefined, { noAck: true })
  },
  'have a copy of each task': async (channel, name) => {
    const { queue: own } = await channel.assertQueue('', { exclusive: true, durable: false })
    await channel.bindQueue(own, name, name)
  },
  'look whether it is paused': async (channel, name) => {
    await using _ = await paused(name)
    await channel.checkExchange(pausedExchange(name))
  },
  'speak for the operator': async (channel, name) => {
    channel.publish(controlExchange(name), pauseKey, Buffer.from('{"paused":false}'))
    await channel.prefetch(1)
  },
  'read what is cancelled': async (channel, name) => {
    const message = await channel.get(cancelledQueue(name))
    if (message) channel.nack(message)
  },
  'write what is cancelled': async (channel, name) => {
    channel.publish(controlExchange(name), cancelledKey, Buffer.from(JSON.stringify(noneCancelled)))
    await channel.prefetch(1)
  },
  'pause the queue': async (channel, name) => {
    await channel.assertExchange(pausedExchange(name), 'direct')
    await channel.deleteExchange(pausedExchange(name))
  },
  'end a pause': async (channel, name) => {
    await using _ = await paused(name)
    await channel.deleteExchange(pausedExchange(name))
  },
  'delete the exchange of tasks': (channel, name) => channel.deleteExchange(name, { ifUnused: true }),
  'publish past the exchange': async (channel, name) => {
    channel.publish('', name, Buffer.from('{}'))
    await channel.prefetch(1)
  },
}

/** As somebody who may do everything. */
async function paused(name: string): Promise<AsyncDisposable> {
  const admin = await openAs(broker, broker.admin.username, broker.admin.password)
  const channel = await admin.createChannel()
  await channel.assertExchange(pausedExchange(name), 'direct')
  return {
    async [Symbol.asyncDispose]() {
      await channel.deleteExchange(pausedExchange(name))
      await admin.close()
    },
  }
}

/** All that each may do; everything else is refused. */
const allowed: Record<UserRole, readonly string[]> = {
  producer: ['publish a task', 'publish a task for later', 'count tasks'],
  // who may take tasks may remove them all: RabbitMQ has one right for both
  worker: [
    'count tasks',
    'take tasks',
    'remove all tasks',
    'listen to the operator',
    'look whether it is paused',
    'read what is cancelled',
    // it may read the queue, and the exchange has its name
    'have a copy of each task',
  ],
  probe: [],
  operator: [
    'publish a task',
    'count tasks',
    'count dead letters',
    'take dead letters',
    'remove all dead letters',
    'look whether it is paused',
    'speak for the operator',
    'pause the queue',
    'end a pause',
    'read what is cancelled',
    'write what is cancelled',
  ],
}

/** Where handlers send, whoever reads the queue writes to the exchange of the same name: that is what binding takes. */
const sending = [...allowed.worker, 'publish a task', 'publish a task for later', 'bind the queue']

describe.each([
  ...userRoles.map((role) => ({ who: role, role, on: () => queue, may: allowed[role] })),
  { who: 'worker whose handlers send', role: 'worker' as const, on: () => sendingQueue, may: sending },
])('the $who', ({ role, on, may }) => {
  test.each(Object.keys(attempts))('%s: only if it has to', async (attempt) => {
    const { name, dead } = on()
    const connection = await connect(role, on())
    const channel = await connection.createChannel()
    channel.on('error', () => undefined)
    const outcome = await attempts[attempt]?.(channel, name, dead).then(
      () => 'allowed',
      (error: Error) => (/403|ACCESS.REFUSED/.test(error.message) ? 'refused' : error.message),
    )
    await connection.close()
    expect(outcome).toBe(may.includes(attempt) ? 'allowed' : 'refused')
  })
})

const asUser = (role: UserRole) => {
  const { BROKER_USERNAME: username, BROKER_PASSWORD: password } = queue.environment(role)
  return { url: broker.managementUrl, username, password }
}

test('the probe sees its queues in the management API, and neither nodes nor users', async () => {
  const probe = asUser('probe')
  expect(await manage(probe, 'GET', path('queues', broker.vhost, queue.name))).toMatchObject({
    name: queue.name,
  })
  await expect(manage(probe, 'GET', 'nodes')).rejects.toThrow('401')
  await expect(manage(probe, 'GET', 'users')).rejects.toThrow('401')
  await expect(manage(probe, 'DELETE', path('queues', broker.vhost, queue.name))).rejects.toThrow('40')
})

test.each(['producer', 'worker', 'operator'] as const)(
  'the %s has no part in the management API',
  async (role) => {
    await expect(manage(asUser(role), 'GET', path('queues', broker.vhost, queue.name))).rejects.toThrow('401')
  },
)

test("the producer's connections are limited, and nobody else's", async () => {
  await using open = new AsyncDisposableStack()
  const connectKept = async (role: UserRole) => {
    const connection = await connect(role)
    open.defer(() => connection.close())
  }
  for (let count = 0; count < 2; count += 1) await connectKept('producer')
  await expect(connect('producer')).rejects.toThrow()
  for (let count = 0; count < 3; count += 1) await connectKept('worker')
})
