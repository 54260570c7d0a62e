import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, inject, it } from 'vitest'
import { freePorts } from '../../local/broker/ports.ts'
import { manage } from '../../services/amqp/management.ts'
import { healthCheckCommand } from '../../services/contract/health.ts'
import { brokerUser } from '../../services/contract/topology.ts'
import { misbehavingTasks } from '../support/misbehaving-tasks.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { until } from '../support/until.ts'
import { startWorker } from '../support/worker-process.ts'
import { workerWith } from '../support/worker-with.ts'

describe('a worker that loses what it consumes from', () => {
  const bundles = workerWith(misbehavingTasks)

  it('aborts its task when the connection is lost, returns, and does it again', async () => {
    await using queue = await createQueue(inject('broker'))
    await using worker = startWorker(bundles(), queue.environment('worker'))
    await queue.publish({ type: 'heed', payload: { ending: 'return' } })
    await worker.line('waiting')
    await closeConnections(queue)
    expect((await worker.line('stopping'))['reason']).toMatch(/connection was lost/)
    const [first] = await worker.ended(1)
    expect([first?.outcome, first?.deliveryCount]).toEqual(['connection-lost', 0])
    await worker.line('waiting', { count: 2 })
    worker.kill('SIGTERM')
    await worker.line('draining')
    worker.kill('SIGTERM')
    expect(await worker.exit()).toBe(0)
    const { tries } = await worker.whole()
    expect(tries.map(({ deliveryCount }) => deliveryCount)).toEqual([0, 1])
  })

  it('lets a task go on that the broker has forgotten', async () => {
    await using queue = await createQueue(inject('broker'))
    await using worker = startWorker(bundles(), { ...queue.environment('worker'), WORKER_ACK: 'auto' })
    await worker.line('consuming')
    await queue.publish({ type: 'sleep', payload: { ms: 2_000 } })
    await until(async () => (await queue.counts()).ready === 0, { within: 60, what: 'the task to be taken' })
    await closeConnections(queue)
    await worker.line('consuming', { count: 2 })
    expect((await worker.ended(1)).map(({ outcome }) => outcome)).toEqual(['done'])
  })

  it('consumes again from a queue that was deleted and made again', async () => {
    await using queue = await createQueue(inject('broker'))
    await using worker = startWorker(bundles(), queue.environment('worker'))
    await worker.line('consuming')
    await queue.deleteWork()
    expect((await worker.line('not consuming'))['reason']).toMatch(/NOT.FOUND/)
    await queue.apply()
    await worker.line('consuming', { count: 2 })
    await queue.publish({ type: 'sleep', payload: { ms: 1 } })
    expect((await worker.ended(1)).map(({ outcome }) => outcome)).toEqual(['done'])
  })

  it('ends with code 1 when its password is wrong, and says what helps', async () => {
    await using queue = await createQueue(inject('broker'))
    await using worker = startWorker(bundles(), {
      ...queue.environment('worker'),
      BROKER_PASSWORD: 'guessed',
    })
    expect(await worker.exit()).toBe(1)
    const { lines } = await worker.whole()
    const refused = lines.find(({ level }) => level === 'error')
    expect(refused?.msg).toBe('access refused: the secret has changed, and a restart reads the new one')
    expect(JSON.stringify(lines)).not.toContain('guessed')
  })

  it('ends with code 1 when its password has changed and the connection is lost', async () => {
    await using queue = await createQueue(inject('broker'))
    await using worker = startWorker(bundles(), queue.environment('worker'))
    await queue.publish({ id: 'held', type: 'heed', payload: {} })
    await worker.line('waiting')
    await queue.changePassword('worker')
    await closeConnections(queue)
    expect(await worker.exit()).toBe(1)
    const { tries } = await worker.whole()
    expect(tries.map(({ outcome }) => outcome)).toEqual(['connection-lost'])
    await until(() => queue.take(), { within: 60, what: 'the task to come back' })
  })

  it('waits for a broker that is not there, is healthy for a while, and ends when told to', async () => {
    await using queue = await createQueue(inject('broker'))
    const [closed, health = 0] = await freePorts(2)
    const environment = { ...queue.environment('worker'), HEALTH_PORT: String(health) }
    await using worker = startWorker(bundles(), { ...environment, BROKER_URL: `amqp://127.0.0.1:${closed}` })
    await worker.line('no connection to the broker', { count: 2 })
    expect(await checkHealth(health)).toEqual({ code: 0, answer: 'ok\n' })
    worker.kill('SIGTERM')
    expect(await worker.exit()).toBe(0)
    expect((await checkHealth(health)).code).not.toBe(0)
  })

  it('is healthy while it consumes, by the very command that ECS runs', async () => {
    await using queue = await createQueue(inject('broker'))
    const [health = 0] = await freePorts(1)
    await using worker = startWorker(bundles(), {
      ...queue.environment('worker'),
      HEALTH_PORT: String(health),
    })
    await worker.line('consuming')
    expect(await checkHealth(health)).toEqual({ code: 0, answer: 'ok\n' })
    worker.kill('SIGSTOP')
    expect((await checkHealth(health)).code).not.toBe(0)
    worker.kill('SIGCONT')
  })
})

/** As an operator or a failing node does: all connections of the queue's worker user. */
async function closeConnections(queue: TestQueue): Promise<void> {
  const { managementUrl, admin } = inject('broker')
  const user = brokerUser(queue.name, 'worker')
  await manage({ url: managementUrl, ...admin }, 'DELETE', `connections/username/${user}`)
}

async function checkHealth(port: number): Promise<{ code: number; answer: string }> {
  const [, file = '', ...args] = healthCheckCommand(port)
  try {
    return { code: 0, answer: (await promisify(execFile)(file, args)).stdout }
  } catch (error) {
    const { code, stdout } = error as { code: number; stdout: string }
    return { code, answer: stdout }
  }
}
