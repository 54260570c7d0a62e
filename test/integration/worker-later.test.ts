import { describe, expect, inject, it } from 'vitest'
import { createQueue } from '../support/queue.ts'
import { sendingTasks } from '../support/sending-tasks.ts'
import { startWorker } from '../support/worker-process.ts'
import { workerWith } from '../support/worker-with.ts'

const bundles = workerWith(sendingTasks)

describe('a handler that throws a RetryLaterError', () => {
  const start = Date.parse

  it('gets its task again when it is due, and no failure is counted', async () => {
    await using queue = await createQueue(inject('broker'), { workerPublishes: true, deliveryLimit: 0 })
    await using worker = startWorker(bundles(), queue.environment('worker'))
    await queue.publish({ id: 'b', type: 'busy', payload: { times: 2 } })
    const tries = await worker.ended(3)
    expect(
      tries.map(({ outcome, laterSeconds, deliveryCount }) => [outcome, laterSeconds, deliveryCount]),
    ).toEqual([
      ['later', 1, 0],
      ['later', 1, 0],
      ['done', undefined, 0],
    ])
    expect(tries[0]).toMatchObject({ level: 'info', reason: 'RetryLaterError: busy' })
    const [first, second] = tries
    // the broker waits for a second at least; how much longer is up to the machine's load
    expect(start(second?.startedAt ?? '') - start(first?.startedAt ?? '')).toBeGreaterThan(900)
    // nobody waits for what is not yet due
    expect(second?.waitMs).toBeLessThan(900)
  })

  it('has it counted as failed over the limit of its type, by whatever copy of the class', async () => {
    await using queue = await createQueue(inject('broker'), {
      ...{ workerPublishes: true, deliveryLimit: 1, retryMinSeconds: 0.1 },
    })
    await using worker = startWorker(bundles(), queue.environment('worker'))
    await queue.publish({ id: 'b', type: 'busy-copy', payload: null })
    const tries = await worker.ended(3)
    expect(
      tries.map(({ outcome, laterSeconds, deliveryCount }) => [outcome, laterSeconds, deliveryCount]),
    ).toEqual([
      ['later', 1, 0],
      ['failed', undefined, 0],
      ['failed', undefined, 1],
    ])
    expect(tries[1]?.reason).toContain('put off 1 times, no more is allowed')
    await expect
      .poll(() => queue.takeDeadLetter())
      .toMatchObject({
        properties: { messageId: 'b', headers: { 'x-last-death-reason': 'delivery_limit' } },
      })
  })

  it('has it counted as failed where its type does not allow it, and is told how to', async () => {
    await using queue = await createQueue(inject('broker'), { deliveryLimit: 0 })
    await using worker = startWorker(bundles(), queue.environment('worker'))
    await queue.publish({ id: 'b', type: 'busy-undeclared', payload: null })
    const [only] = await worker.ended(1)
    expect(only).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('retryLater: { max }') })
  })
})
