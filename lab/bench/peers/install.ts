import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../../../local/broker/run.ts'
import { warrenFolder } from '../../../local/local-file.ts'
import type { Peers } from './peers.ts'

/** What the benchmarks compare with: the newest releases of 2026-11. */
export const pinned = {
  node: {
    ...{ amqplib: '2.3.1', 'amqp-connection-manager': '5.0.0', 'rabbitmq-client': '5.0.8' },
    ...{ bullmq: '6.7.0', ioredis: '6.0.0', 'graphile-worker': '0.18.0' },
  },
  python: { pika: '1.4.4', celery: '5.7.0', dramatiq: '2.2.1' },
} as const

const folder = join(warrenFolder, 'peers')
const npm = ['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input']

/**
 * The peers under `.warren/peers`: what is there is used again, what is missing is installed from the registries that
 * npm and pip of this machine use.
 *
 * @param say told what is installed
 * @throws an Error that says what is missing on this machine
 */
export async function installPeers(say: (line: string) => void): Promise<Peers> {
  const python = join(folder, 'python')
  const node = join(folder, 'node')
  await installed(python, pinned.python, say, async (wanted) => {
    const packages = Object.entries(wanted).map(([name, version]) => `${name}==${version}`)
    await run(['python3', '-m', 'venv', python], { env: process.env }).catch((cause) => {
      throw new Error(
        'the peers in Python need python3 with its module venv: install both, or run without --peers',
        {
          cause,
        },
      )
    })
    await run([join(python, 'bin/python'), ...pip, ...packages], { env: process.env })
  })
  await installed(node, pinned.node, say, async (wanted) => {
    await mkdir(node, { recursive: true })
    await writeFile(join(node, 'package.json'), JSON.stringify({ private: true, dependencies: wanted }))
    await run([...npm, '--prefix', node], { env: process.env })
  })
  return { python: join(python, 'bin/python'), node, versions: { ...pinned.node, ...pinned.python } }
}

type Packages = Readonly<Record<string, string>>

async function installed(
  target: string,
  wanted: Packages,
  say: (line: string) => void,
  install: (wanted: Packages) => Promise<void>,
): Promise<void> {
  const stamp = join(target, 'installed.json')
  const content = JSON.stringify(wanted)
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === content) return
  const names = Object.entries(wanted).map(([name, version]) => `${name} ${version}`)
  say(`installing ${names.join(', ')} into ${target} ...`)
  await rm(target, { recursive: true, force: true })
  await install(wanted)
  await writeFile(stamp, content)
}
