import { describe, expect, inject, it } from 'vitest'
import type { TaskLogLine } from '../../services/contract/log.ts'
import { createQueue } from '../support/queue.ts'
import { sendingTasks } from '../support/sending-tasks.ts'
import { startWorker } from '../support/worker-process.ts'
import { workerWith } from '../support/worker-with.ts'

const bundles = workerWith(sendingTasks)
const ended = (tries: readonly TaskLogLine[]) => tries.map(({ id, outcome }) => `${id} ${outcome}`)
const sending = (settings: Parameters<typeof createQueue>[1] = {}) =>
  createQueue(inject('broker'), { workerPublishes: true, retryMinSeconds: 0.1, ...settings })

describe('a handler that sends tasks', () => {
  it('has sent them when it is done, with what they inherit', async () => {
    await using queue = await sending()
    await using worker = startWorker(bundles(), queue.environment('worker'))
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    await queue.publishRaw(Buffer.from('{}'), {
      ...{ messageId: 'p', type: 'parent', priority: 9 },
      headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    })
    const tries = await worker.ended(3)
    expect(ended(tries)).toEqual(['p done', 'p.1 done', 'p.2 done'])
    expect(tries.map(({ sent, parent, priority }) => [sent, parent, priority])).toEqual([
      [2, undefined, 9],
      [undefined, 'p', 4],
      [undefined, 'p', 4],
    ])
    expect(new Set(tries.map((line) => line.traceId))).toEqual(new Set([traceId]))
    expect(tries.every(({ waitMs }) => waitMs === null || waitMs >= 0)).toBe(true)
  })

  it('has sent nothing when it throws, and gives the same ids when it is tried again', async () => {
    await using queue = await sending()
    await using worker = startWorker(bundles(), queue.environment('worker'))
    await queue.publish({ id: 'p', type: 'parent', payload: { failures: 2 } })
    expect(ended(await worker.ended(5))).toEqual(['p failed', 'p failed', 'p done', 'p.1 done', 'p.2 done'])
  })

  it('fails where the broker lets its user write nowhere, and says what helps', async () => {
    await using queue = await createQueue(inject('broker'), { deliveryLimit: 0 })
    await using worker = startWorker(bundles(), queue.environment('worker'))
    await queue.publish(
      { id: 'p', type: 'parent', payload: {} },
      { id: 'u', type: 'undeclared', payload: {} },
    )
    const [parent, undeclared] = await worker.ended(2)
    expect(parent?.outcome).toBe('failed')
    expect(parent?.reason).toMatch(/2 of 2 tasks.*no right to write: .*deploy/)
    expect(undeclared?.reason).toMatch(/task type undeclared may not: list it in sends/)
  })

  it('sends to the queue of the type, at once and later, where its user may write', async () => {
    await using elsewhere = await createQueue(inject('broker'))
    await using queue = await createQueue(inject('broker'), { workerPublishesTo: [elsewhere.name] })
    const ELSEWHERE = elsewhere.name
    await using worker = startWorker(bundles(), { ...queue.environment('worker'), ELSEWHERE })
    await using other = startWorker(bundles(), {
      ...elsewhere.environment('worker'),
      ...{ ELSEWHERE, DEFAULT_QUEUE: queue.name },
    })
    await queue.publish({ id: 'p', type: 'abroad', payload: null })
    expect(ended(await other.ended(2))).toEqual(['p.1 done', 'p.2 done'])
    expect(ended((await worker.stop()).tries)).toEqual(['p done'])
  })

  it('sends from slots that share a thread, and from quarantine', async () => {
    await using queue = await sending({ deliveryLimit: 5 })
    await using worker = startWorker(bundles(), {
      ...queue.environment('worker'),
      ...{ WORKER_SLOTS: '4', WORKER_SLOTS_PER_THREAD: '4' },
    })
    await worker.line('consuming', { count: 4 })
    const all = ['a', 'b', 'c', 'd'].map((id) => ({
      id,
      type: 'parent',
      payload: { children: 50, bytes: 10_000 },
    }))
    await queue.publish(...all, { id: 'q', type: 'parent', payload: { children: 50, failures: 3 } })
    const tries = await worker.ended(4 * 51 + 51 + 3, { within: 60 })
    const done = tries.filter(({ outcome }) => outcome === 'done').map(({ id }) => id)
    expect(new Set(done).size).toBe(5 * 51)
    expect(tries.find(({ id, outcome }) => id === 'q' && outcome === 'done')?.deliveryCount).toBe(3)
    expect((await worker.stop()).errors).toBe('')
  })
})

describe('a task that goes on in slices', () => {
  const sleeps = (...ids: string[]) => ids.map((id) => ({ id, type: 'sleep', payload: { ms: 1 } }))

  it('lets others in between, is the same task, and what it sends has ids of its own', async () => {
    await using queue = await sending()
    await queue.publish({ id: 's', type: 'sliced', payload: { from: 1, to: 3 } }, ...sleeps('x', 'y'))
    await using worker = startWorker(bundles(), queue.environment('worker'))
    const tries = await worker.ended(8)
    expect(ended(tries)).toEqual(['s', 'x', 'y', 's.1', 's', 's.2', 's', 's.3'].map((id) => `${id} done`))
    expect(
      tries
        .filter(({ id }) => id === 's')
        .map(({ sent, goesOn, deliveryCount }) => [sent, goesOn, deliveryCount]),
    ).toEqual([
      [1, true, 0],
      [1, true, 0],
      [1, undefined, 0],
    ])
  })

  it('moves to the next worker when its own drains, and no slice is done twice', async () => {
    await using queue = await sending({ deliveryLimit: 0 })
    await using first = startWorker(bundles(), queue.environment('worker'))
    await queue.publish({ id: 's', type: 'sliced', payload: { from: 1, to: 20, ms: 100 } })
    await first.ended(5)
    const before = (await first.stop()).tries
    await using second = startWorker(bundles(), queue.environment('worker'))
    await second.ended(40 - before.length, { within: 60 })
    const after = (await second.stop()).tries
    const tries = [...before, ...after]
    expect(tries.filter(({ outcome }) => outcome !== 'done')).toEqual([])
    expect(tries.filter(({ id }) => id === 's')).toHaveLength(20)
    expect(new Set(tries.map(({ id }) => id)).size).toBe(21)
    expect(after.length).toBeGreaterThan(0)
    expect(await queue.counts()).toMatchObject({ ready: 0 })
  })
})
