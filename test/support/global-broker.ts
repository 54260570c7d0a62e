import { resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import { bundle } from '../../infra/bundle/bundle.ts'
import type { Broker } from '../../local/broker/broker.ts'
import { ensureBroker } from '../../local/broker/start.ts'

declare module 'vitest' {
  interface ProvidedContext {
    broker: Omit<Broker, 'stop'>
    /** Folder that holds the bundles: infra/bundle/bundle.ts. */
    bundles: string
    /** The same of an environment with a ledger. */
    ledgerBundles: string
  }
}

/** One real RabbitMQ for all integration tests, each of which makes queues of its own; and the bundles, built once. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const outdir = resolve(import.meta.dirname, '../../dist')
  const withLedger = resolve(outdir, 'with-ledger')
  bundle(outdir)
  bundle(withLedger, { ledger: true })
  const broker = await ensureBroker({ env: process.env, progress: (line) => console.error(line) })
  const { version, how, amqpUrl, managementUrl, vhost, admin } = broker
  project.provide('broker', { version, how, amqpUrl, managementUrl, vhost, admin })
  project.provide('bundles', outdir)
  project.provide('ledgerBundles', withLedger)
  return () => broker.stop()
}
