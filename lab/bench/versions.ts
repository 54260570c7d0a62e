import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import type { Broker } from '../../local/broker/broker.ts'
import { run } from '../../local/broker/run.ts'
import { manage } from '../../services/amqp/management.ts'
import type { Peers } from './peers/peers.ts'

/** What a run was made on and with, by name. */
export async function versionsOf(
  broker: Omit<Broker, 'stop'>,
  peers: Peers | undefined,
): Promise<Readonly<Record<string, string>>> {
  const access = { url: broker.managementUrl, ...broker.admin }
  const overview = (await manage(access, 'GET', 'overview')) as { readonly erlang_version: string }
  const { dependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const processors = cpus()
  return {
    CPU: `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown'}`,
    Node: process.versions.node,
    RabbitMQ: broker.version,
    Erlang: overview.erlang_version,
    amqplib: dependencies.amqplib,
    ...peers?.versions,
    ...(peers ? await underneath(peers.python) : {}),
  }
}

const askVersions = `import json, platform
from importlib.metadata import version
print(json.dumps({"Python": platform.python_version(), "py-amqp": version("amqp"), "kombu": version("kombu")}))`

/** What the peers in Python run on; pip chose it. */
async function underneath(python: string): Promise<Readonly<Record<string, string>>> {
  return JSON.parse(await run([python, '-c', askVersions], { env: process.env }))
}
