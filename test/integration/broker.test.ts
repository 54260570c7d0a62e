import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { type ConfirmChannel, connect } from 'amqplib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Broker, BrokerNode } from '../../local/broker/broker.ts'
import { startNode } from '../../local/broker/start.ts'
import { manage } from '../../services/amqp/management.ts'
import { isAtLeast } from '../../services/contract/broker-version.ts'
import { createTls } from '../support/tls.ts'

const quiet = { env: process.env, progress: () => undefined }
const nodes: BrokerNode[] = []
const start = async (options = {}): Promise<BrokerNode> => {
  const node = await startNode({ ...quiet, ...options })
  nodes.push(node)
  return node
}

let node: BrokerNode
let other: BrokerNode
beforeAll(async () => {
  ;[node, other] = await Promise.all([start(), start()])
})
afterAll(() => Promise.all(nodes.map((one) => one.stop())))

describe('a private node', () => {
  it('is RabbitMQ 4.3.3 or later and says where it came from', () => {
    expect(isAtLeast(node.version, '4.3.3')).toBe(true)
    expect(node.how).not.toBe('')
  })

  it('runs beside another one and shares nothing with it', async () => {
    await withChannel(node, async (channel) => {
      await channel.assertQueue('only-here', { durable: true })
    })
    expect(await names(node, 'queues')).toEqual(['only-here'])
    expect(await names(other, 'queues')).toEqual([])
    await expect(manage({ url: other.managementUrl, ...node.admin }, 'GET', 'overview')).rejects.toThrow(
      '401',
    )
  })

  it('listens on the loopback address only', async () => {
    const listeners = (await get(node, 'nodes')) as { name: string }[]
    expect(listeners).toHaveLength(1)
    const outside = Object.values(networkInterfaces())
      .flatMap((addresses = []) => addresses)
      .filter(({ internal }) => !internal)
    const port = Number(new URL(node.amqpUrl).port)
    for (const { address } of outside.filter(({ family }) => family === 'IPv4'))
      await expect(connect({ hostname: address, port }, { timeout: 2000 })).rejects.toThrow('ECONNREFUSED')
  })

  it('makes a quorum queue of a queue without a type', async () => {
    await withChannel(node, async (channel) => {
      await channel.assertQueue('untyped', { durable: true })
    })
    expect(await get(node, 'queues/%2F/untyped')).toMatchObject({ type: 'quorum' })
  })

  it("refuses a message over Amazon MQ's 524,288 bytes and takes one of just that", async () => {
    await withChannel(node, async (channel) => {
      await channel.assertQueue('size', { durable: true })
      channel.sendToQueue('size', Buffer.alloc(524_288))
      await channel.waitForConfirms()
      expect((await channel.checkQueue('size')).messageCount).toBe(1)
    })
    await withChannel(node, async (channel) => {
      const refused = new Promise<Error>((resolve) => void channel.once('error', resolve))
      channel.sendToQueue('size', Buffer.alloc(524_289))
      expect((await refused).message).toContain('PRECONDITION_FAILED')
    })
  })

  it('refuses the eleventh consumer on a channel, as Amazon MQ does', async () => {
    await withChannel(node, async (channel) => {
      channel.on('error', () => undefined)
      await channel.assertQueue('consumers', { durable: true })
      for (let count = 1; count <= 10; count += 1) await channel.consume('consumers', () => undefined)
      await expect(channel.consume('consumers', () => undefined)).rejects.toThrow('Channel ended')
    })
  })

  it("has the default policies of Amazon MQ's single-instance brokers", async () => {
    expect(await get(node, 'policies/%2F')).toMatchObject([
      { name: 'AWS-DEFAULT-POLICY-SINGLE-INSTANCE', priority: 0, definition: { overflow: 'reject-publish' } },
    ])
    expect(await get(node, 'operator-policies/%2F')).toMatchObject([
      {
        name: 'default_operator_policy_AWS_managed',
        'apply-to': 'classic_queues',
        definition: { 'queue-version': 2 },
      },
    ])
  })

  it('keeps a durable message when it is killed and started again', async () => {
    await withChannel(node, async (channel) => {
      await channel.assertQueue('kept', { durable: true })
      channel.sendToQueue('kept', Buffer.from('still here'), { persistent: true })
      await channel.waitForConfirms()
    })
    await node.flush()
    await node.kill()
    await expect(get(node, 'overview')).rejects.toThrow('cannot be reached')
    await node.start()
    await withChannel(node, async (channel) => {
      const message = await channel.get('kept', { noAck: true })
      expect(message ? message.content.toString() : 'no message').toBe('still here')
    })
  })

  it('stands still while it is paused and answers when it goes on', async () => {
    const order: string[] = []
    await node.pause()
    const ask = () => get(node, 'overview')
    // where this takes more than its web server's five seconds, the node closes the connection when it goes on
    const answer = ask()
      .catch(ask)
      .then(() => order.push('paused node'))
    for (let count = 1; count <= 20; count += 1) await get(other, 'overview')
    order.push('other node, 20 times')
    await node.continue()
    await answer
    expect(order).toEqual(['other node, 20 times', 'paused node'])
  })

  it('runs rabbitmqctl', async () => {
    expect(await other.ctl('list_vhosts', '--silent', '--no-table-headers')).toBe('/\n')
    await expect(other.ctl('no-such-command')).rejects.toThrow('ended with status 64')
  })

  it('mounts nothing on this machine', () => {
    // macOS has no /proc, and nothing that this code could mount
    const mounts =
      process.platform === 'linux'
        ? readFileSync('/proc/self/mounts', 'utf8')
        : execFileSync('mount').toString()
    expect(mounts).not.toMatch(/warren/)
  })
})

it('listens with TLS only, when it is given a certificate, which clients can verify', async () => {
  const tls = createTls()
  try {
    const secure = await start({ tls })
    expect(secure.amqpUrl).toMatch(/^amqps:/)
    await withChannel(secure, (channel) => channel.assertQueue('q', { durable: true }), [
      readFileSync(tls.ca),
    ])
    await expect(withChannel(secure, async () => undefined)).rejects.toThrow('self-signed certificate')
  } finally {
    tls.remove()
  }
})

it('takes more lines of configuration and says why a node cannot start', async () => {
  await expect(start({ conf: ['no.such.setting = 1'] })).rejects.toThrow('no.such.setting')
})

async function withChannel(
  broker: Broker,
  work: (channel: ConfirmChannel) => Promise<unknown>,
  ca?: Buffer[],
): Promise<void> {
  const { username, password } = broker.admin
  const url = broker.amqpUrl.replace('//', `//${username}:${password}@`)
  const connection = await connect(url, { ...(ca === undefined ? {} : { ca }) })
  connection.on('error', () => undefined)
  try {
    await work(await connection.createConfirmChannel())
  } finally {
    // the broker may have closed it already: that is what some of the tests want
    await connection.close().catch(() => undefined)
  }
}

function get(broker: Broker, path: string): Promise<unknown> {
  return manage({ url: broker.managementUrl, ...broker.admin }, 'GET', path)
}

async function names(broker: Broker, what: string): Promise<string[]> {
  return ((await get(broker, what)) as { name: string }[]).map(({ name }) => name)
}
