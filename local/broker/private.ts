import { applyAmazonMqPolicies } from './amazon-mq.ts'
import type { BrokerNode, NodeOptions } from './broker.ts'
import { createNode, randomSecret } from './node.ts'
import { epmd, type NodePorts, type NodeSettings } from './node-settings.ts'
import { freePorts } from './ports.ts'
import type { Room, Runtime } from './runtime.ts'

/**
 * Starts a private broker: `size` nodes that know each other, on free ports of the loopback address, with Amazon MQ's
 * limits and default policies, gone with this process at the latest.
 */
export async function startPrivate(
  runtime: Runtime,
  size: number,
  options: NodeOptions,
): Promise<BrokerNode[]> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt(runtime, size, options)
    } catch (error) {
      // another program took a port between finding and using it
      if (tries === 3 || !(error instanceof Error) || !/eaddrinuse|already in use/i.test(error.message))
        throw error
    }
  }
}

async function attempt(runtime: Runtime, size: number, options: NodeOptions): Promise<BrokerNode[]> {
  const ports = await freePorts(1 + 3 * size)
  const room = await runtime.open(ports)
  try {
    const [epmdPort = 0, ...rest] = ports
    const settings = nodeSettings(room, size, epmdPort, rest, options)
    room.start('epmd', epmd(epmdPort), {})
    let running = size
    const onStopped = async () => {
      running -= 1
      if (running === 0) await room.close()
    }
    const nodes = await Promise.all(settings.map((one) => createNode(room, one, runtime.how, onStopped)))
    const [first] = nodes
    if (first === undefined) throw new Error(`a broker needs at least one node, got ${size}`)
    const access = { url: first.managementUrl, ...first.admin }
    if (size > 1) await first.ctl('await_online_nodes', String(size))
    await applyAmazonMqPolicies(access, size > 1 ? 'cluster' : 'single')
    return nodes
  } catch (error) {
    await room.close()
    throw error
  }
}

function nodeSettings(
  room: Room,
  size: number,
  epmdPort: number,
  ports: readonly number[],
  options: NodeOptions,
): NodeSettings[] {
  const names = Array.from({ length: size }, (_, index) => `warren${index + 1}@localhost`)
  const shared = {
    epmdPort,
    listenAddress: room.listenAddress,
    cookie: randomSecret(),
    admin: { username: 'admin', password: randomSecret() },
    cluster: size > 1 ? names : [],
    tls: options.tls,
    conf: options.conf ?? [],
  }
  return names.map((name, index) => {
    const [amqp = 0, management = 0, distribution = 0] = ports.slice(3 * index)
    const own: NodePorts = { amqp, management, distribution }
    return { ...shared, name, ports: own, folder: `${room.folder}/${name}` }
  })
}
