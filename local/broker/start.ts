import type { Broker, BrokerNode, BrokerOptions, NodeOptions } from './broker.ts'
import { startPrivate } from './private.ts'
import { findRuntime } from './sources.ts'
import { userBroker } from './user-broker.ts'

/**
 * Gives a RabbitMQ of at least version 4.3.3, from the first source that this machine has: the user's own broker
 * (WARREN_AMQP_URL and WARREN_MANAGEMENT_URL, in a vhost of its own), else a private node from rabbitmq-server on the
 * PATH, from a Docker engine, or from Debian's packages.
 *
 * @throws an Error that names what can be done on this very system when there is no source
 */
export async function ensureBroker(options: BrokerOptions = {}): Promise<Broker> {
  const { env, progress } = defaults(options)
  return (await userBroker(env)) ?? startNode({ env, progress })
}

/** Starts a private node: Amazon MQ's limits and default policies, free loopback ports, own data. */
export async function startNode(options: NodeOptions = {}): Promise<BrokerNode> {
  const [node] = await startNodes(1, options)
  if (node === undefined) throw new Error('no node was started')
  return node
}

/** Starts a cluster of three private nodes, with the default policies of Amazon MQ's clusters. */
export function startCluster(size: 3, options: NodeOptions = {}): Promise<BrokerNode[]> {
  return startNodes(size, options)
}

async function startNodes(size: number, options: NodeOptions): Promise<BrokerNode[]> {
  const { env, progress } = defaults(options)
  return startPrivate(await findRuntime(env, progress), size, options)
}

function defaults({ env = process.env, progress = (line: string) => console.error(line) }: BrokerOptions) {
  return { env, progress }
}
