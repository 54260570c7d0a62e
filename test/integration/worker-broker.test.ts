import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BrokerNode } from '../../local/broker/broker.ts'
import { startNode } from '../../local/broker/start.ts'
import { misbehavingTasks } from '../support/misbehaving-tasks.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { copyServices } from '../support/test-tasks.ts'
import { until } from '../support/until.ts'
import { startWorker } from '../support/worker-process.ts'

/** A broker of its own, to be broken. Client and broker agree on the lower heartbeat: 2 s. */
describe('a worker whose broker misbehaves', () => {
  const services = copyServices()
  let bundles = ''
  let node: BrokerNode
  let settled: TestQueue
  beforeAll(async () => {
    services.add(...misbehavingTasks)
    bundles = services.bundleWorker()
    node = await startNode({ conf: ['heartbeat = 2'] })
    // a quorum queue that was declared within the last seconds comes back empty when the broker is killed: its
    // registration is not on disk yet (seen on 4.3.6), so this one is made before the tests that take seconds
    settled = await createQueue(node)
  })
  afterAll(async () => {
    services[Symbol.dispose]()
    await settled?.[Symbol.asyncDispose]()
    await node?.stop()
  })

  it('keeps its connection while a handler blocks its thread for three heartbeats', async () => {
    await using queue = await createQueue(node)
    await using worker = startWorker(bundles, queue.environment('worker'))
    await queue.publish({ type: 'block', payload: { ms: 7_000 } })
    const tries = await worker.ended(1, { within: 60 })
    expect(tries.map(({ outcome, deliveryCount }) => [outcome, deliveryCount])).toEqual([['done', 0]])
    const { lines } = await worker.stop()
    expect(lines.map(({ msg }) => msg)).toEqual(['starting', 'consuming', 'task', 'draining', 'stopped'])
    expect(await queue.counts()).toEqual({ ready: 0, consumers: 0 })
  })

  it('opens a new channel when the broker has closed one', async () => {
    await using queue = await createQueue(node)
    await using worker = startWorker(bundles, queue.environment('worker'))
    await queue.publish({ id: 'held', type: 'heed', payload: { ending: 'return' } })
    await worker.line('waiting')
    // as if the worker had acknowledged what it was never sent
    await node.ctl(
      'eval',
      "[rabbit_channel_common:do(C, {'basic.ack', 999, false}) || C <- rabbit_channel:list()].",
    )
    const [line] = await worker.ended(1)
    expect(line?.outcome).toBe('connection-lost')
    expect(line?.reason).toMatch(/Channel closed by server: 406/)
    await worker.line('consuming', { count: 2 })
    await worker.line('waiting', { count: 2 })
    const { lines } = await worker.stop()
    expect(lines.some(({ msg }) => msg === 'connection lost')).toBe(false)
  })

  it('returns when the broker has been away, and its task is done', async () => {
    await using worker = startWorker(bundles, settled.environment('worker'))
    await settled.publish({ id: 'held', type: 'sleep', payload: { ms: 3_000 } })
    await until(async () => (await settled.counts()).ready === 0, {
      within: 60,
      what: 'the task to be taken',
    })
    await node.kill()
    const [aborted] = await worker.ended(1)
    expect(aborted?.outcome).toBe('connection-lost')
    await worker.line('no connection to the broker', { count: 2 })
    await node.start()
    await worker.line('consuming', { count: 2, within: 60 })
    const [, done] = await worker.ended(2, { within: 60 })
    expect([done?.id, done?.outcome]).toEqual(['held', 'done'])
  })

  it('notices a broker that stands still, and returns when it goes on', async () => {
    await using queue = await createQueue(node)
    await using worker = startWorker(bundles, queue.environment('worker'))
    await queue.publish({ type: 'heed', payload: { ending: 'return' } })
    await worker.line('waiting')
    await node.pause()
    try {
      expect((await worker.line('connection lost', { within: 60 }))['reason']).toBe('Heartbeat timeout')
      expect((await worker.ended(1))[0]?.outcome).toBe('connection-lost')
    } finally {
      await node.continue()
    }
    await worker.line('consuming', { count: 2, within: 60 })
    await worker.line('waiting', { count: 2, within: 60 })
  })
})
