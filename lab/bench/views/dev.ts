import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Broker } from '../../../local/broker/broker.ts'
import { type CrewClass, crewClasses, maxWorkers } from '../../../local/crew-settings.ts'
import { type LocalEnvironment, readLocal } from '../../../local/local-file.ts'
import { askQueueDepth } from '../../../local/producer-process.ts'
import { until } from '../../../test/support/until.ts'
import { asUsersBroker } from '../../../test/support/users-broker.ts'

export const root = resolve(import.meta.dirname, '../../..')

/** `npm run dev` with all the workers that its page can add, as a process. */
export interface Dev {
  readonly local: LocalEnvironment
  /** Of the live page. */
  readonly pageUrl: string
  stop(): Promise<void>
}

/** @throws Error when it does not start, with what it said */
export async function startDev(broker: Omit<Broker, 'stop'>): Promise<Dev> {
  const dev = spawn(process.execPath, ['--import', './local/end-with-parent.mjs', 'ops/dev.ts'], {
    cwd: root,
    env: { ...process.env, ...asUsersBroker(broker) },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const ended = once(dev, 'close')
  let pageUrl = ''
  const take = (line: string) => {
    pageUrl ||= /^Live page +(http\S+)/.exec(line)?.[1] ?? ''
  }
  if (dev.stdout) createInterface({ input: dev.stdout }).on('line', take)
  const stop = async () => {
    dev.kill('SIGTERM')
    await ended
  }
  try {
    const up = { within: 120, what: 'npm run dev to be up' }
    await until(() => pageUrl !== '' || dev.exitCode !== null, up)
    const local = await readLocal()
    if (pageUrl === '' || local === undefined) throw new Error('npm run dev has ended')
    for (const name of crewClasses) for (let more = 1; more < maxWorkers; more += 1) await add(pageUrl, name)
    const consumers = async () => (await askQueueDepth(local.endpoint, AbortSignal.timeout(5_000))).consumers
    const all = maxWorkers * crewClasses.length
    await until(async () => (await consumers()) === all, { within: 60, what: `${all} workers to consume` })
    return { local, pageUrl, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function add(pageUrl: string, name: CrewClass): Promise<void> {
  const response = await fetch(new URL('act', pageUrl), {
    method: 'POST',
    headers: { origin: new URL(pageUrl).origin },
    body: JSON.stringify({ action: 'add', class: name }),
  })
  if (!response.ok) throw new Error(`the page answered ${response.status}: ${await response.text()}`)
}
