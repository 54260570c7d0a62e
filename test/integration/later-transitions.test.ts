import type { ConfirmChannel } from 'amqplib'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { manage, path } from '../../services/amqp/management.ts'
import type { Definitions } from '../../services/contract/definitions.ts'
import { laterQueue, routeTo } from '../../services/contract/route.ts'
import { applyTopology } from '../../services/topology/apply.ts'
import { createShape, managementOf, openAs, type Shape } from '../support/topology.ts'
import { until } from '../support/until.ts'

const broker = inject('broker')
const target = { managementUrl: broker.managementUrl, admin: broker.admin }

let stack: AsyncDisposableStack
let shape: Shape
let channel: ConfirmChannel
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  shape = stack.use(createShape(broker))
  const connection = await openAs(broker, broker.admin.username, broker.admin.password)
  stack.defer(() => connection.close())
  channel = await connection.createConfirmChannel()
})
afterEach(() => stack.disposeAsync())

const apply = (wanted: Definitions, previous?: Definitions) =>
  applyTopology(target, wanted, shape.passwords, { previous })

/** The definitions as they were before there was a ladder. */
function withoutLadder({ name, wanted }: Shape): Definitions {
  const ofLadder = `${name}.later`
  const rest = <Kind extends 'exchanges' | 'queues' | 'policies'>(kind: Kind) =>
    wanted[kind].filter((each) => !each.name.startsWith(ofLadder)) as unknown as Definitions[Kind]
  return {
    ...wanted,
    exchanges: rest('exchanges'),
    queues: rest('queues'),
    policies: rest('policies'),
    bindings: wanted.bindings.filter(({ source }) => !source.startsWith(ofLadder)),
  }
}

async function publish(id: string, delaySeconds?: number): Promise<void> {
  const { exchange, routingKey } = routeTo(shape.name, delaySeconds)
  const options = { messageId: id, persistent: true, mandatory: true }
  channel.publish(exchange, routingKey, Buffer.from('{}'), options)
  await channel.waitForConfirms()
}

const ready = async (queue: string) => (await channel.checkQueue(queue)).messageCount

/** The ids of the tasks in the work queue, when there are as many. */
async function due(count: number): Promise<string[]> {
  await until(async () => (await ready(shape.name)) === count, { within: 60, what: `${count} tasks are due` })
  const ids = []
  while (ids.length < count) {
    const message = await channel.get(shape.name, { noAck: true })
    ids.push(message ? message.properties.messageId : 'none')
  }
  return ids
}

test('a queue that was made before there was a ladder gets one, and keeps its tasks', async () => {
  const before = withoutLadder(shape)
  await apply(before)
  await publish('old')
  await apply(shape.wanted, before)
  await publish('new', 1)
  expect(await due(2)).toEqual(['old', 'new'])
})

test('after a rollback to before the ladder what is on it stays there, and comes when there is a way again', async () => {
  await apply(shape.wanted)
  await publish('first', 8)
  await publish('second', 9)
  await apply(withoutLadder(shape), shape.wanted)
  const sources = (await manage(managementOf(broker), 'GET', path('bindings', broker.vhost))) as {
    source: string
  }[]
  expect(sources.filter(({ source }) => source.startsWith(`${shape.name}.later`))).toEqual([])
  await until(async () => (await ready(laterQueue(shape.name, 3))) === 0, {
    within: 60,
    what: 'both have had their time on their level',
  })
  expect(await ready(shape.name)).toBe(0)
  await apply(shape.wanted)
  // the broker tries again after three minutes, and what had no queue to go to also when a policy changes
  const policies = shape.wanted.policies.map((each) => ({
    ...each,
    definition: { ...each.definition, 'max-length': 1_000 },
  }))
  await apply({ ...shape.wanted, policies })
  expect(await due(2)).toEqual(['first', 'second'])
})
