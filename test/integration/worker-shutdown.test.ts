import { describe, expect, inject, it } from 'vitest'
import { misbehavingTasks } from '../support/misbehaving-tasks.ts'
import { createQueue } from '../support/queue.ts'
import { until } from '../support/until.ts'
import { startWorker } from '../support/worker-process.ts'
import { workerWith } from '../support/worker-with.ts'

describe('a worker that is told to stop', () => {
  const bundles = workerWith(misbehavingTasks)

  it('ends at once when it is idle', async () => {
    await using queue = await createQueue(inject('broker'))
    await using worker = startWorker(bundles(), queue.environment('worker'))
    await worker.line('consuming')
    expect((await worker.stop()).errors).toBe('')
    expect(await queue.counts()).toEqual({ ready: 0, consumers: 0 })
  })

  it('finishes and acknowledges what runs, and takes nothing more', async () => {
    // what comes back uncounted or not at all is no dead letter; an acknowledgement that got lost would make one
    await using queue = await createQueue(inject('broker'), { deliveryLimit: 0 })
    await using worker = startWorker(bundles(), queue.environment('worker'))
    await worker.line('consuming')
    await queue.publish(
      { id: 'running', type: 'block', payload: { ms: 1_000 } },
      { id: 'waiting', type: 'permanent', payload: null },
    )
    await until(async () => (await queue.counts()).ready === 1, { within: 60, what: 'the first task to run' })
    const { tries } = await worker.stop()
    expect(tries.map(({ id, outcome }) => [id, outcome])).toEqual([['running', 'done']])
    expect(await queue.counts()).toEqual({ ready: 1, consumers: 0 })

    await using next = startWorker(bundles(), queue.environment('worker'))
    expect((await next.ended(1)).map(({ id, deliveryCount }) => [id, deliveryCount])).toEqual([
      ['waiting', 0],
    ])
    const dead = await until(() => queue.takeDeadLetter(), { within: 60, what: 'a dead letter' })
    expect(dead.properties.messageId).toBe('waiting')
    expect((await queue.counts(queue.dead)).ready).toBe(0)
  })

  it('finishes what runs when nobody reads its log any more', async () => {
    await using queue = await createQueue(inject('broker'), { deliveryLimit: 0 })
    await using worker = startWorker(bundles(), { ...queue.environment('worker'), WORKER_SLOTS: '2' })
    await worker.line('consuming')
    await queue.publish(
      { id: 'long', type: 'block', payload: { ms: 3_000 } },
      { id: 'short', type: 'block', payload: { ms: 1_000 } },
    )
    await until(async () => (await queue.counts()).ready === 0, { within: 60, what: 'two tasks to run' })
    worker.stopReading()
    // the end of the short one is the first thing that nobody hears
    expect(await worker.exit()).toBe(0)
    expect(await queue.counts()).toEqual({ ready: 0, consumers: 0 })
    expect((await queue.counts(queue.dead)).ready).toBe(0)
  })

  it('hands back uncounted what is not done when the time is up', async () => {
    await using queue = await createQueue(inject('broker'))
    await using worker = startWorker(bundles(), { ...queue.environment('worker'), DRAIN_SECONDS: '1' })
    await queue.publish({ id: 'long', type: 'heed', payload: {} })
    await worker.line('waiting')
    const { tries } = await worker.stop()
    expect(tries.map(({ outcome }) => outcome)).toEqual(['handed-back'])
    const left = await queue.take()
    expect(left && [left.properties.messageId, left.properties.headers?.['x-delivery-count'] ?? 0]).toEqual([
      'long',
      0,
    ])
  })

  it('hands back at once at the second signal, also what ignores its own', async () => {
    await using queue = await createQueue(inject('broker'))
    await using worker = startWorker(bundles(), { ...queue.environment('worker'), WORKER_SLOTS: '2' })
    await queue.publish(
      { type: 'heed', payload: { ending: 'return' } },
      { type: 'ignore-abort', payload: null },
    )
    await worker.line('waiting', { count: 2 })
    worker.kill('SIGTERM')
    await worker.line('draining')
    worker.kill('SIGTERM')
    expect(await worker.exit()).toBe(0)
    expect((await worker.whole()).tries.map(({ type, outcome }) => [type, outcome])).toEqual([
      ['heed', 'handed-back'],
      ['ignore-abort', 'handed-back'],
    ])
    expect(await queue.counts()).toEqual({ ready: 2, consumers: 0 })
  })

  it('hands back uncounted all that it took without a prefetch limit', async () => {
    await using queue = await createQueue(inject('broker'))
    await using worker = startWorker(bundles(), { ...queue.environment('worker'), WORKER_PREFETCH: '0' })
    await worker.line('WORKER_PREFETCH=0: a worker takes more than it can do, and others stand idle')
    await queue.publish({ type: 'heed', payload: {} }, ...sleeps(300))
    await worker.line('waiting')
    await until(async () => (await queue.counts()).ready === 0, { within: 60, what: 'all tasks to be taken' })
    worker.kill('SIGTERM')
    await worker.line('draining')
    worker.kill('SIGTERM')
    expect(await worker.exit()).toBe(0)
    expect((await worker.line('handed back'))['notBegun']).toBe(300)
    expect(await queue.counts()).toEqual({ ready: 301, consumers: 0 })
    for (let taken = await queue.take(); taken; taken = await queue.take()) {
      expect(taken.properties.headers?.['x-delivery-count'] ?? 0).toBe(0)
    }
  })

  it('finishes in auto mode what the broker has forgotten, and counts as lost what it cannot', async () => {
    await using queue = await createQueue(inject('broker'))
    const auto = { ...queue.environment('worker'), WORKER_ACK: 'auto' }
    await using finishing = startWorker(bundles(), auto)
    await finishing.line('consuming')
    await queue.publish(...sleeps(5))
    await finishing.ended(1)
    const { tries } = await finishing.stop()
    expect(tries.map(({ outcome }) => outcome)).toEqual(Array(5).fill('done'))

    await using losing = startWorker(bundles(), { ...auto, DRAIN_SECONDS: '0' })
    await losing.line('consuming')
    await queue.publish({ type: 'heed', payload: {} }, ...sleeps(5))
    await losing.line('waiting')
    await until(async () => (await queue.counts()).ready === 0, { within: 60, what: 'all tasks to be taken' })
    const { lines } = await losing.stop()
    expect(lines.find(({ msg }) => msg.startsWith('tasks lost'))?.['tasks']).toBe(6)
  })

  it('loses nothing when it is killed: its task comes back once, counted', async () => {
    await using queue = await createQueue(inject('broker'))
    await using worker = startWorker(bundles(), queue.environment('worker'))
    await queue.publish({ id: 'held', type: 'heed', payload: {} })
    await worker.line('waiting')
    worker.kill('SIGKILL')
    expect(await worker.exit()).toBe('SIGKILL')
    const back = await until(() => queue.take(), { within: 60, what: 'the task to come back' })
    expect([back.properties.messageId, back.properties.headers?.['x-delivery-count']]).toEqual(['held', 1])
    expect(await queue.take()).toBe(false)
  })
})

const sleeps = (count: number) =>
  Array.from({ length: count }, () => ({ type: 'sleep', payload: { ms: 100 } }))
