import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { freePorts } from '../../local/broker/ports.ts'
import { healthCheckCommand } from '../../services/contract/health.ts'
import type { TaskLogLine } from '../../services/contract/log.ts'
import { type Docker, startDocker } from '../support/docker.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { until } from '../support/until.ts'

const context = join(inject('bundles'), 'worker')
const dockerfile = readFileSync(join(context, 'Dockerfile'), 'utf8')
const base = /^FROM (\S+)$/m.exec(dockerfile)?.[1] ?? ''
const image = `warren-worker-test:${randomBytes(4).toString('hex')}`

describe('the worker image', () => {
  let docker: Docker['docker']
  let engine: Docker

  beforeAll(async () => {
    engine = await startDocker(base)
    docker = engine.docker
    console.log(engine.how)
    // no network: once the base is there, nothing is fetched
    await docker('build', '--network', 'none', '--tag', image, context)
  }, 300_000)
  afterAll(async () => {
    await docker?.('image', 'rm', '--force', image)
    await engine?.stop()
  })

  it('copies and runs nothing: it builds the same on any machine', async () => {
    expect(dockerfile).not.toMatch(/^RUN/m)
    const history = await docker('history', '--no-trunc', '--format', '{{.CreatedBy}}\t{{.Size}}', image)
    const ours = history.trim().split('\n').slice(0, 4)
    console.log(ours.join('\n'))
    expect(ours.filter((layer) => /COPY/.test(layer))).toHaveLength(1)
  })

  it('is for the platform that it was built for, and starts as a user who is not root', async () => {
    const [config] = JSON.parse(await docker('image', 'inspect', image))
    expect(config.Architecture).toBe(process.arch === 'arm64' ? 'arm64' : 'amd64')
    expect(config.Config.User).toBe('1000')
    const options = ['--enable-source-maps', '--max-semi-space-size=4']
    expect(config.Config.Cmd).toEqual(['node', ...options, 'main.mjs'])
  })

  it('works as the template runs it: read-only, a quarter of a CPU, healthy, and finishes its task on SIGTERM', async () => {
    await using queue = await createQueue(inject('broker'))
    await using worker = await startContainer(docker, queue)
    await worker.logged('consuming')
    const [id] = await queue.publish({ type: 'sleep', payload: { ms: 1_500 } })
    await until(async () => (await queue.counts()).ready === 0, { within: 20, what: 'the task to be taken' })
    const health = await docker('exec', worker.name, ...healthCheckCommand(worker.port).slice(1))
    expect(health.trim()).toBe('ok')
    expect((await docker('exec', worker.name, 'id', '-u')).trim()).toBe('1000')
    await expect(docker('exec', worker.name, 'touch', '/app/x')).rejects.toThrow(/Read-only file system/)
    await docker('exec', worker.name, 'touch', '/tmp/x')

    await docker('stop', '--time', '60', worker.name)

    expect(await worker.tasks()).toEqual([expect.objectContaining({ id, outcome: 'done' })])
    const state = await docker('inspect', '--format', '{{.State.ExitCode}} {{.State.OOMKilled}}', worker.name)
    expect(state.trim()).toBe('0 false')
    expect(await queue.counts()).toEqual({ ready: 0, consumers: 0 })
  })

  it('is unhealthy when it does not answer', async () => {
    const [command = '', ...args] = healthCheckCommand(1).slice(1)
    await expect(promisify(execFile)(command, args)).rejects.toThrow()
  })
})

interface Container extends AsyncDisposable {
  readonly name: string
  readonly port: number
  logged(msg: string): Promise<void>
  tasks(): Promise<TaskLogLine[]>
}

async function startContainer(docker: Docker['docker'], queue: TestQueue): Promise<Container> {
  const name = `warren-${randomBytes(4).toString('hex')}`
  // the network is the machine's, where something else may have the usual one
  const [port = 0] = await freePorts(1)
  const environment = {
    ...queue.environment('worker'),
    WORKER_CLASS: 'small',
    HEALTH_PORT: String(port),
  }
  // biome-ignore format: one option a line
  await docker('run', '--detach', '--name', name, '--network', 'host', '--init', '--read-only', '--tmpfs', '/tmp',
    '--cpus', '0.25', '--memory', '512m',
    ...Object.entries(environment).flatMap(([key, value]) => ['--env', `${key}=${value}`]), image)
  const lines = async () => {
    const log = await docker('logs', name)
    return log
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  }
  return {
    ...{ name, port },
    async logged(msg) {
      const written = async () => (await lines()).some((line) => line.msg === msg)
      await until(written, { within: 60, what: `the container to log "${msg}"` })
    },
    tasks: async () => (await lines()).filter((line) => line.msg === 'task'),
    async [Symbol.asyncDispose]() {
      await docker('rm', '--force', name)
    },
  }
}
