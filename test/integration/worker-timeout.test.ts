import { describe, expect, inject, it } from 'vitest'
import { misbehavingTasks } from '../support/misbehaving-tasks.ts'
import { createQueue } from '../support/queue.ts'
import { until } from '../support/until.ts'
import { startWorker } from '../support/worker-process.ts'
import { workerWith } from '../support/worker-with.ts'

describe('a task that takes too long', () => {
  const bundles = workerWith(misbehavingTasks)

  it('is timed out though its handler never yields, and the slot goes on', async () => {
    await using queue = await createQueue(inject('broker'), { deliveryLimit: 0 })
    await using worker = startWorker(bundles(), queue.environment('worker'))
    await queue.publish(
      { id: 'stuck', type: 'block-forever', payload: null },
      { id: 'next', type: 'sleep', payload: { ms: 1 } },
    )
    const tries = await worker.ended(2, { within: 60 })
    expect(tries.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['stuck', 'timed-out'],
      ['next', 'done'],
    ])
    expect(tries[0]?.reason).toBe('not done within the 1 s that its type allows')
    const dead = await until(() => queue.takeDeadLetter(), { within: 60, what: 'the dead letter' })
    expect(dead.properties.messageId).toBe('stuck')
    expect(dead.properties.headers?.['x-last-death-reason']).toBe('delivery_limit')
  })

  it('needs no grace when its handler heeds the signal', async () => {
    await using queue = await createQueue(inject('broker'), { deliveryLimit: 0 })
    await using worker = startWorker(bundles(), queue.environment('worker'))
    await queue.publish({ type: 'heed-timeout', payload: null })
    const [line] = await worker.ended(1)
    expect(line?.outcome).toBe('timed-out')
    // 1 s until the timeout, and 5 s more if the thread had to be terminated
    expect(line?.durationMs).toBeLessThan(6_000)
  })

  it('is taken back uncounted by the broker that waits no longer, and done by whoever gets it next', async () => {
    await using queue = await createQueue(inject('broker'), { consumerTimeoutSeconds: 2 })
    await using first = startWorker(bundles(), { ...queue.environment('worker'), WORKER_CLASS: 'first' })
    await first.line('consuming')
    await queue.publish({ type: 'heed', payload: { ending: 'return' } })
    await first.line('waiting')
    const [line] = await first.ended(1)
    expect(line?.outcome).toBe('consumer-timeout')
    await first.line('consuming', { count: 2 })
    const [, again] = await first.ended(2)
    expect(again?.deliveryCount).toBe(0)
  })
})
