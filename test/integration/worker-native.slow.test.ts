import { describe, expect, inject, it } from 'vitest'
import { createQueue } from '../support/queue.ts'
import { sharedThreadTasks } from '../support/shared-thread-tasks.ts'
import { until } from '../support/until.ts'
import { startWorker } from '../support/worker-process.ts'
import { workerWith } from '../support/worker-with.ts'

describe('a handler that is blocked outside JavaScript', () => {
  const bundles = workerWith(sharedThreadTasks)

  it('ends its worker, which hands back the rest uncounted; it counts, and is a dead letter in the end', async () => {
    await using queue = await createQueue(inject('broker'), { deliveryLimit: 1, retryMinSeconds: 1 })
    const environment = { ...queue.environment('worker'), WORKER_SLOTS: '2' }
    await queue.publish(
      { id: 'stuck', type: 'block-natively', payload: null },
      { id: 'neighbour', type: 'wait', payload: { ms: 12_000 } },
    )
    // the delivery limit allows one failure, the second ends it
    for (let failures = 0; failures < 2; failures += 1) {
      await using worker = startWorker(bundles(), environment)
      const told = await worker.line(
        'a handler cannot be stopped: it blocks its thread outside JavaScript, so the worker ends',
        { within: 60 },
      )
      expect(told).toMatchObject({ level: 'error', types: ['block-natively'] })
      expect(await worker.exit(20)).toBe('SIGKILL')
      expect(
        (await worker.whole()).tries.map(({ id, outcome, deliveryCount }) => [id, outcome, deliveryCount]),
      ).toEqual([['neighbour', 'handed-back', 0]])
    }
    await using survivor = startWorker(bundles(), environment)
    expect(
      (await survivor.ended(1, { within: 60 })).map(({ id, outcome, deliveryCount }) => [
        id,
        outcome,
        deliveryCount,
      ]),
    ).toEqual([['neighbour', 'done', 0]])
    const letter = await until(() => queue.takeDeadLetter(), { within: 60, what: 'the dead letter' })
    expect(letter?.properties.messageId).toBe('stuck')
  })

  it('does not keep a worker that was told to stop', async () => {
    await using queue = await createQueue(inject('broker'))
    await using worker = startWorker(bundles(), { ...queue.environment('worker'), DRAIN_SECONDS: '0' })
    await queue.publish({ type: 'block-natively', payload: null })
    await worker.line('consuming')
    await queue.counts()
    worker.kill('SIGTERM')
    expect(await worker.exit(30)).toBe('SIGKILL')
  })
})
