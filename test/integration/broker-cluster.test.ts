import { connect } from 'amqplib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { BrokerNode } from '../../local/broker/broker.ts'
import { startCluster } from '../../local/broker/start.ts'
import { manage } from '../../services/amqp/management.ts'
import { until } from '../support/until.ts'

let nodes: BrokerNode[] = []
beforeAll(async () => {
  nodes = await startCluster(3, { env: process.env, progress: () => undefined })
})
afterAll(() => Promise.all(nodes.map((node) => node.stop())))

const [first, second] = [() => node(0), () => node(1)]

it('three nodes form one cluster', async () => {
  expect(await running(first())).toEqual(nodes.map(({ name }) => name).sort())
  expect(new Set(nodes.map(({ amqpUrl }) => amqpUrl)).size).toBe(3)
})

it("has the default policies of Amazon MQ's clusters", async () => {
  const policies = (await get(second(), 'policies/%2F')) as { name: string; priority: number }[]
  expect(
    policies.map(({ name, priority }) => ({ name, priority })).sort((a, b) => a.priority - b.priority),
  ).toEqual([
    { name: 'AWS-DEFAULT-POLICY-CLUSTER', priority: 0 },
    { name: 'AWS-DEFAULT-QUORUM-QUEUES-POLICY-CLUSTER-MULTI-AZ', priority: 1 },
  ])
})

it('takes messages while one node is down, and has it back when it starts again', async () => {
  const { username, password } = second().admin
  const connection = await connect(second().amqpUrl.replace('//', `//${username}:${password}@`))
  const channel = await connection.createConfirmChannel()
  await channel.assertQueue('q', { durable: true })
  expect(await get(second(), 'queues/%2F/q')).toMatchObject({
    type: 'quorum',
    members: expect.objectContaining({ length: 3 }),
  })
  await first().kill()
  channel.sendToQueue('q', Buffer.from('x'), { persistent: true })
  await channel.waitForConfirms()
  expect((await channel.checkQueue('q')).messageCount).toBe(1)
  await until(async () => (await running(second())).length === 2, { within: 60, what: 'two nodes are left' })
  await first().start()
  await until(async () => (await running(second())).length === 3, {
    within: 60,
    what: 'three nodes run again',
  })
  await connection.close()
})

function node(index: number): BrokerNode {
  const found = nodes[index]
  if (found === undefined) throw new Error(`the cluster has no node ${index}`)
  return found
}

async function running(from: BrokerNode): Promise<string[]> {
  const all = (await get(from, 'nodes')) as { name: string; running: boolean }[]
  return all
    .filter((one) => one.running)
    .map(({ name }) => name)
    .sort()
}

function get(from: BrokerNode, path: string): Promise<unknown> {
  return manage({ url: from.managementUrl, ...from.admin }, 'GET', path)
}
