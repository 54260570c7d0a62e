import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { BrokerNode } from '../../local/broker/broker.ts'
import { accepts } from '../../local/broker/ports.ts'
import { ensureBroker, startNode } from '../../local/broker/start.ts'
import { createWorkQueue } from '../../local/work-queue.ts'
import { manage } from '../../services/amqp/management.ts'
import { until } from '../support/until.ts'

const module = new URL('../../local/broker/start.ts', import.meta.url).href
const soon = { within: 60 }

describe('a process that is killed', () => {
  it('takes its private node with it: processes, ports, data and mounts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'warren-ends-'))
    const { child, broker } = await brokerOfAnotherProcess({ ...process.env, TMPDIR: folder })
    const family = descendants(child.pid)
    const port = Number(new URL(broker.amqpUrl).port)
    expect(family.length).toBeGreaterThan(2)
    expect(readdirSync(folder)).not.toEqual([])
    expect(await accepts('127.0.0.1', port, 1000)).toBe(true)
    await kill(child)
    await until(async () => !(await accepts('127.0.0.1', port, 1000)), { ...soon, what: 'its port is free' })
    await until(() => family.every((pid) => !isAlive(pid)), {
      ...soon,
      what: 'none of its processes is left',
    })
    await until(() => readdirSync(folder).length === 0, { ...soon, what: 'its data is gone' })
    expect(mounts()).not.toContain(folder)
    rmSync(folder, { recursive: true })
  })
})

describe("a broker of the user's", () => {
  let node: BrokerNode
  let env: NodeJS.ProcessEnv
  beforeAll(async () => {
    node = await startNode({ env: process.env, progress: () => undefined })
    const { username, password } = node.admin
    env = {
      ...process.env,
      WARREN_AMQP_URL: node.amqpUrl,
      WARREN_MANAGEMENT_URL: node.managementUrl.replace('//', `//${username}:${password}@`),
    }
  })
  afterAll(() => node.stop())

  it('is used in a vhost of its own, which is removed at the end', async () => {
    const broker = await ensureBroker({ env })
    expect(broker.vhost).toMatch(/^warren-[0-9a-f]+$/)
    expect(broker.amqpUrl).toBe(node.amqpUrl)
    expect(await vhosts()).toEqual(['/', broker.vhost])
    await broker.stop()
    expect(await vhosts()).toEqual(['/'])
  })

  it.each(['SIGKILL', 'SIGINT'] as const)(
    'loses the vhost also when the process ends by %s',
    async (signal) => {
      const { child, broker } = await brokerOfAnotherProcess(env)
      expect(await vhosts()).toEqual(['/', broker.vhost])
      await kill(child, signal)
      await until(async () => (await vhosts()).length === 1, { ...soon, what: 'the vhost is removed' })
    },
  )

  it('serves two runs at a time, each with users of its own that go with its vhost', async () => {
    const [first, second] = [await ensureBroker({ env }), await ensureBroker({ env })]
    const queues = [await createWorkQueue(first, 'tasks'), await createWorkQueue(second, 'tasks')]
    for (const queue of queues)
      await expect(
        manage({ url: node.managementUrl, ...queue.user('probe') }, 'GET', 'whoami'),
      ).resolves.toBeDefined()
    // as a run does that is killed: without removing its users
    await Promise.all([first.stop(), second.stop()])
    const users = (await manage({ url: node.managementUrl, ...node.admin }, 'GET', 'users')) as unknown[]
    expect(users).toHaveLength(1)
  })

  it('refuses a wrong password without printing it', async () => {
    const wrong = {
      ...env,
      WARREN_MANAGEMENT_URL: node.managementUrl.replace('//', '//admin:not-the-password@'),
    }
    const error = await ensureBroker({ env: wrong }).catch((caught: Error) => caught)
    expect(String(error)).toContain('refuses the user admin')
    expect(String(error)).not.toContain('not-the-password')
  })

  async function vhosts(): Promise<string[]> {
    const all = await manage({ url: node.managementUrl, ...node.admin }, 'GET', 'vhosts')
    return (all as { name: string }[]).map(({ name }) => name).sort()
  }
})

interface Other {
  readonly child: ChildProcess
  readonly broker: { readonly amqpUrl: string; readonly vhost: string }
}

/** Starts another process that has a broker and waits to be killed. */
async function brokerOfAnotherProcess(env: NodeJS.ProcessEnv): Promise<Other> {
  const program = `import { ensureBroker } from ${JSON.stringify(module)}
    const { amqpUrl, vhost } = await ensureBroker({ progress: () => undefined })
    console.log(JSON.stringify({ amqpUrl, vhost }))
    setInterval(() => {}, 1000)`
  const args = ['--input-type=module-typescript', '--eval', program]
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  // also when the test fails before it kills it
  onTestFinished(() => void child.kill('SIGKILL'))
  const [line] = await once(createInterface(child.stdout), 'line')
  return { child, broker: JSON.parse(line) }
}

async function kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}

function processes(): { pid: number; parent: number; state: string }[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
  return table.split('\n').map((line) => {
    const [pid, parent, state = ''] = line.trim().split(/\s+/)
    return { pid: Number(pid), parent: Number(parent), state }
  })
}

function descendants(pid: number | undefined): number[] {
  const all = processes()
  const family = all.filter(({ parent }) => parent === pid).map((one) => one.pid)
  return [...family, ...family.flatMap(descendants)]
}

/** A zombie is a dead process whose parent has not asked for it. */
function isAlive(pid: number): boolean {
  return processes().some((one) => one.pid === pid && !one.state.startsWith('Z'))
}

function mounts(): string {
  return process.platform === 'linux'
    ? readFileSync('/proc/self/mounts', 'utf8')
    : execFileSync('mount').toString()
}
