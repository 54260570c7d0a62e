import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { manage, path } from '../../services/amqp/management.ts'
import type { Definitions } from '../../services/contract/definitions.ts'
import { applyTopology, setPassword } from '../../services/topology/apply.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { createShape, managementOf, openAs, randomPassword, type Shape } from '../support/topology.ts'
import { until } from '../support/until.ts'

const broker = inject('broker')
const access = managementOf(broker)
const target = { managementUrl: broker.managementUrl, admin: broker.admin }

let shape: Shape
beforeEach(() => {
  shape = createShape(broker)
})
afterEach(() => shape[Symbol.asyncDispose]())

const apply = (wanted: Definitions = shape.wanted, options = {}) =>
  applyTopology(target, wanted, shape.passwords, options)

/** All that the broker has of this test, password hashes included. */
async function found() {
  const all = (await manage(access, 'GET', 'definitions')) as Record<string, object[]>
  return JSON.stringify(
    ['users', 'permissions', 'exchanges', 'queues', 'bindings', 'policies'].map((kind) =>
      all[kind]?.filter((object) => JSON.stringify(object).includes(shape.name)),
    ),
  )
}

const get = (...parts: string[]) => manage(access, 'GET', path(...parts)) as Promise<Record<string, unknown>>

test('applied twice, the second time changes nothing', async () => {
  await apply()
  const once = await found()
  expect(once).toContain(`${shape.name}.dead`)
  await apply()
  expect(await found()).toBe(once)
})

test('a changed policy acts on the queue that is there, and on the task in it', async () => {
  await apply()
  await using queue = await openQueue()
  await queue.publish(shape.name)
  const [work, dead] = shape.wanted.policies
  if (!work || !dead) throw new Error('two policies expected')
  await apply({
    ...shape.wanted,
    policies: [{ ...work, definition: { ...work.definition, 'delivery-limit': 0 } }, dead],
  })
  // two failures were allowed before
  await queue.reject(shape.name)
  expect(await queue.take(`${shape.name}.dead`)).toMatchObject({ 'x-last-death-reason': 'delivery_limit' })
})

test('a dead letter stays, however often it is looked at and put back', async () => {
  await apply()
  await using queue = await openQueue()
  await queue.publish(`${shape.name}.dead`, shape.name)
  // RabbitMQ's own limit is 20, and would drop it
  for (let round = 0; round < 25; round += 1) await queue.reject(`${shape.name}.dead`)
  expect(await queue.take(`${shape.name}.dead`)).toMatchObject({ 'x-delivery-count': 25 })
})

/** As the administrator, on one channel. */
async function openQueue() {
  const connection = await openAs(broker, broker.admin.username, broker.admin.password)
  const channel = await connection.createConfirmChannel()
  const take = (queue: string) =>
    until(() => channel.get(queue), { within: 60, what: `a message in ${queue}` })
  return {
    async publish(exchange: string, key = exchange) {
      channel.publish(exchange, key, Buffer.from('{}'))
      await channel.waitForConfirms()
    },
    reject: async (queue: string) => channel.reject(await take(queue), true),
    take: async (queue: string) => (await take(queue)).properties.headers,
    [Symbol.asyncDispose]: () => connection.close(),
  }
}

test("Amazon MQ's default policies are outbid: all of ours acts, and nothing else", async () => {
  await manage(access, 'PUT', path('policies', broker.vhost, `${shape.name}-aws`), {
    pattern: `^${shape.name}`,
    'apply-to': 'quorum_queues',
    priority: 1,
    definition: { 'max-length': 1, overflow: 'drop-head' },
  })
  await apply()
  const acting = await until(
    async () => (await get('queues', broker.vhost, shape.name))['effective_policy_definition'],
    { within: 60, what: 'the broker tells which policy acts' },
  )
  expect(acting).toEqual(shape.wanted.policies[0]?.definition)
})

test('a new password leaves the open connection alone; the old one is refused from then on', async () => {
  await apply()
  const user = `${shape.name}-worker`
  const old = shape.passwords[user] ?? ''
  const connection = await openAs(broker, user, old)
  const password = randomPassword()
  await setPassword(target, user, password)
  const channel = await connection.createChannel()
  expect(await channel.checkQueue(shape.name)).toMatchObject({ messageCount: 0 })
  await connection.close()
  await expect(openAs(broker, user, old)).rejects.toThrow(/ACCESS.REFUSED/)
  await (await openAs(broker, user, password)).close()
  expect(await get('users', user)).toMatchObject({ tags: [], limits: {} })
})

test('a new password in the definitions leaves limits and tags as they are', async () => {
  await apply()
  const user = `${shape.name}-producer`
  await setPassword(target, user, randomPassword())
  expect(await get('users', user)).toMatchObject({ limits: { 'max-connections': 40 } })
})

test('a broker that is coming up is waited for', async () => {
  const { hostname, port } = new URL(broker.managementUrl)
  await using line = await startTcpProxy({ host: hostname, port: Number(port) })
  line.refuse(true)
  const lines: string[] = []
  const progress = (text: string) => {
    lines.push(text)
    line.refuse(false)
  }
  const managementUrl = `http://127.0.0.1:${line.port}`
  await applyTopology({ ...target, managementUrl }, shape.wanted, shape.passwords, { progress })
  expect(lines).toEqual([expect.stringContaining(`waiting for the broker at ${managementUrl}`)])
  expect(await found()).toContain(shape.name)
})

test('a broker that never comes is given up, with the reason', async () => {
  await using line = await startTcpProxy({ host: '127.0.0.1', port: 9 })
  line.refuse(true)
  const managementUrl = `http://127.0.0.1:${line.port}`
  await expect(
    applyTopology({ ...target, managementUrl }, shape.wanted, shape.passwords, { waitSeconds: 1 }),
  ).rejects.toThrow(`no broker at ${managementUrl} within 1 s`)
})

test('an administrator who is refused is told so, without a password', async () => {
  const admin = { username: broker.admin.username, password: 'not-the-password' }
  const failure = applyTopology({ ...target, admin }, shape.wanted, shape.passwords)
  await expect(failure).rejects.toThrow(`as ${admin.username}: 401`)
  await expect(failure).rejects.not.toThrow(admin.password)
})

test('what the broker refuses is said in its own words', async () => {
  const [work] = shape.wanted.policies
  if (!work) throw new Error('a policy expected')
  const policies = [{ ...work, definition: { 'no-such-key': 1 } }]
  await expect(apply({ ...shape.wanted, policies })).rejects.toThrow('not recognised policy settings')
})

test('a queue and an exchange that are there with other settings are found, though the import takes them', async () => {
  await manage(access, 'PUT', path('queues', broker.vhost, shape.name), {
    durable: true,
    arguments: { 'x-queue-type': 'classic' },
  })
  await manage(access, 'PUT', path('exchanges', broker.vhost, shape.name), { type: 'fanout', durable: true })
  const failure = apply()
  await expect(failure).rejects.toThrow(`queue ${shape.name} has arguments {"x-queue-type":"classic"}`)
  await expect(failure).rejects.toThrow(`exchange ${shape.name} has type "fanout", asked for "direct"`)
})

test("somebody else's policy of the same priority is found", async () => {
  await manage(access, 'PUT', path('policies', broker.vhost, `${shape.name}-other`), {
    pattern: `^${shape.name}`,
    'apply-to': 'queues',
    priority: 10,
    definition: { 'max-length': 1 },
  })
  await expect(apply()).rejects.toThrow(`policy ${shape.name}-other (priority 10) matches it too`)
})

test('what the previous definitions made and these do not ask for is removed, queues and exchanges not', async () => {
  const { wanted, name } = shape
  const [queue] = wanted.queues
  const [binding] = wanted.bindings
  const [policy] = wanted.policies
  if (!queue || !binding || !policy) throw new Error('definitions expected')
  const vhost = broker.vhost
  const extra = { name: `${name}-extra`, tags: [], limits: { 'max-channels': 3 } }
  const previous: Definitions = {
    ...wanted,
    users: [...wanted.users.map((user) => ({ ...user, limits: { 'max-channels': 9 } })), extra],
    permissions: [...wanted.permissions, { user: extra.name, vhost, configure: '', write: '', read: '' }],
    queues: [...wanted.queues, { ...queue, name: `${name}.kept` }],
    bindings: [...wanted.bindings, { ...binding, routing_key: 'an other/key' }],
    policies: [...wanted.policies, { ...policy, name: `${name}.more`, pattern: `^${name}.kept$` }],
  }
  shape.passwords[extra.name] = randomPassword()
  await apply(previous)
  expect(await found()).toMatch(/-extra.*an other\/key.*\.more/)
  await apply(wanted, { previous })
  expect(await found()).not.toMatch(/-extra|an other\/key|\.more|max-channels/)
  expect(await get('queues', vhost, `${name}.kept`)).toMatchObject({ durable: true })
})

test('two queues whose names look alike do not touch each other', async () => {
  await using other = createShape(broker, `${shape.name}.b`)
  await using alike = createShape(broker, `${shape.name}xb`)
  for (const { wanted, passwords } of [shape, other, alike]) await applyTopology(target, wanted, passwords)
  // each is still as asked, also by the regular expressions of the others
  for (const { wanted, passwords } of [shape, other, alike]) await applyTopology(target, wanted, passwords)
  const producer = await openAs(
    broker,
    `${other.name}-producer`,
    other.passwords[`${other.name}-producer`] ?? '',
  )
  const channel = await producer.createChannel()
  channel.on('error', () => undefined)
  await expect(channel.checkQueue(alike.name)).rejects.toThrow('403')
  await producer.close()
})
