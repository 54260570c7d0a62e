import { execFile } from 'node:child_process'
import { setTimeout as pass } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, inject, it } from 'vitest'
import { freePorts } from '../../local/broker/ports.ts'
import { startNode } from '../../local/broker/start.ts'
import { healthCheckCommand } from '../../services/contract/health.ts'
import { createQueue } from '../support/queue.ts'
import { startWorker } from '../support/worker-process.ts'

const outageSeconds = 120
const checkEverySeconds = 30

it('a broker that is away for two minutes costs neither worker nor task', async () => {
  const node = await startNode()
  await using stack = new AsyncDisposableStack()
  stack.defer(() => node.stop())
  const queue = await createQueue(node)
  const [port = 0] = await freePorts(1)
  await using worker = startWorker(inject('bundles'), {
    ...queue.environment('worker'),
    HEALTH_PORT: String(port),
  })
  await worker.line('consuming')
  const health = async () => {
    const [command = '', ...args] = healthCheckCommand(port).slice(1)
    return (await promisify(execFile)(command, args)).stdout.trim()
  }
  await queue.publish({ id: 'before', type: 'sleep', payload: { ms: 1 } })
  await worker.ended(1)
  await node.flush()

  await node.kill()
  // the length of the outage is what is tested: nothing is waited for; ECS asks every 30 s
  for (let away = 0; away < outageSeconds; away += checkEverySeconds) {
    await pass(checkEverySeconds * 1_000)
    expect(await health()).toBe('ok')
  }
  await node.start()

  await worker.line('consuming', { count: 2, within: 60 })
  await queue.publish({ id: 'after', type: 'sleep', payload: { ms: 1 } })
  const tries = await worker.ended(2, { within: 60 })
  expect(tries.map(({ id, outcome, deliveryCount }) => [id, outcome, deliveryCount])).toEqual([
    ['before', 'done', 0],
    ['after', 'done', 0],
  ])
  await queue[Symbol.asyncDispose]()
})
