import { resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import { bundle } from '../../infra/bundle/bundle.ts'
import type { Broker } from '../../local/broker/broker.ts'
import { startNode } from '../../local/broker/start.ts'
import { userBroker } from '../../local/broker/user-broker.ts'

declare module 'vitest' {
  interface ProvidedContext {
    broker: Omit<Broker, 'stop'>
    /** Folder that holds the bundles: infra/bundle/bundle.ts. */
    bundles: string
    /** The same of an environment with a ledger. */
    ledgerBundles: string
  }
}

/** A test that waits for the broker's statistics waits for a second, and not for five as it usually would. */
const conf = ['collect_statistics_interval = 1000']

/** One real RabbitMQ for all integration tests, each of which makes queues of its own; and the bundles, built once. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const outdir = resolve(import.meta.dirname, '../../dist')
  const withLedger = resolve(outdir, 'with-ledger')
  bundle(outdir)
  bundle(withLedger, { ledger: true })
  const broker = (await userBroker(process.env)) ?? (await startNode({ conf }))
  const { version, how, amqpUrl, managementUrl, vhost, admin } = broker
  project.provide('broker', { version, how, amqpUrl, managementUrl, vhost, admin })
  project.provide('bundles', outdir)
  project.provide('ledgerBundles', withLedger)
  return () => broker.stop()
}
