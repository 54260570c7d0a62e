import type { Channel, ChannelModel } from 'amqplib'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { manage, path } from '../../services/amqp/management.ts'
import { type UserRole, userRoles } from '../../services/contract/topology.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { openAs } from '../support/topology.ts'

const broker = inject('broker')
let queue: TestQueue
beforeAll(async () => {
  queue = await createQueue(broker, { producer: { connections: 2, moreQueues: [] } })
})
afterAll(() => queue[Symbol.asyncDispose]())

const connect = (role: UserRole): Promise<ChannelModel> => {
  const { BROKER_USERNAME, BROKER_PASSWORD } = queue.environment(role)
  return openAs(broker, BROKER_USERNAME, BROKER_PASSWORD)
}

/** What somebody could try, on a channel of its own: a refusal closes it. */
const attempts: Record<string, (channel: Channel, name: string, dead: string) => Promise<unknown>> = {
  'publish a task': async (channel, name) => {
    channel.publish(name, name, Buffer.from('{}'))
    // an RPC behind it: the refusal of a publish has no answer of its own
    await channel.prefetch(1)
  },
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
  'publish past the exchange': async (channel, name) => {
    channel.publish('', name, Buffer.from('{}'))
    await channel.prefetch(1)
  },
}

/** All that each may do; everything else is refused. */
const allowed: Record<UserRole, readonly string[]> = {
  producer: ['publish a task', 'count tasks'],
  // who may take tasks may remove them all: RabbitMQ has one right for both
  worker: ['count tasks', 'take tasks', 'remove all tasks'],
  probe: [],
  operator: [
    'publish a task',
    'count tasks',
    'count dead letters',
    'take dead letters',
    'remove all dead letters',
  ],
}

describe.each(userRoles)('the %s', (role) => {
  test.each(Object.keys(attempts))('%s: only if it has to', async (attempt) => {
    const connection = await connect(role)
    const channel = await connection.createChannel()
    channel.on('error', () => undefined)
    const outcome = await attempts[attempt]?.(channel, queue.name, queue.dead).then(
      () => 'allowed',
      (error: Error) => (/403|ACCESS.REFUSED/.test(error.message) ? 'refused' : error.message),
    )
    await connection.close()
    expect(outcome).toBe(allowed[role].includes(attempt) ? 'allowed' : 'refused')
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
