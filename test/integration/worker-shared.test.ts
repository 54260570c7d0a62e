import { describe, expect, inject, it } from 'vitest'
import { manage } from '../../services/amqp/management.ts'
import { misbehavingTasks } from '../support/misbehaving-tasks.ts'
import { createQueue } from '../support/queue.ts'
import { sharedThreadTasks } from '../support/shared-thread-tasks.ts'
import { until } from '../support/until.ts'
import { startWorker } from '../support/worker-process.ts'
import { workerWith } from '../support/worker-with.ts'

/** As the management API lists it. */
interface ListedConsumer {
  readonly consumer_tag: string
  readonly channel_details: { readonly name: string }
}

const shared = { WORKER_SLOTS: '4', WORKER_SLOTS_PER_THREAD: '4' }

describe('slots that share a thread', () => {
  const bundles = workerWith([...misbehavingTasks, ...sharedThreadTasks])
  const outcomesOf = (tries: readonly { readonly id: string; readonly outcome: string }[]) =>
    Object.fromEntries(tries.map(({ id, outcome }) => [id, outcome]))

  it('run side by side, each with its own consumer and one task at a time', async () => {
    await using queue = await createQueue(inject('broker'))
    await using worker = startWorker(bundles(), { ...queue.environment('worker'), ...shared })
    await worker.line('consuming', { count: 4 })
    await queue.publish(...Array.from({ length: 5 }, () => ({ type: 'heed', payload: { ending: 'return' } })))
    await worker.line('waiting', { count: 4 })
    // the fifth waits at the broker
    expect(await queue.counts()).toEqual({ ready: 1, consumers: 4 })
    worker.kill('SIGTERM')
    // two signals at once may be one
    await worker.line('draining')
    worker.kill('SIGTERM')
    const tries = await worker.ended(4)
    expect(tries.map(({ outcome }) => outcome)).toEqual(Array(4).fill('handed-back'))
    expect(new Set(tries.map(({ slot }) => slot)).size).toBe(4)
    expect(await worker.exit()).toBe(0)
  })

  it('share one thread for each group of slots, and no other', async () => {
    await using queue = await createQueue(inject('broker'))
    const environment = { ...queue.environment('worker'), WORKER_SLOTS: '4', WORKER_SLOTS_PER_THREAD: '2' }
    await using worker = startWorker(bundles(), environment)
    await worker.line('consuming', { count: 4 })
    await queue.publish(...Array.from({ length: 40 }, () => ({ type: 'note-thread', payload: null })))
    const tries = await worker.ended(40)
    const { lines } = await worker.stop()
    const slotOf = new Map(tries.map(({ id, slot }) => [id, slot]))
    const threadOf = new Map<number, Set<unknown>>()
    for (const line of lines.filter(({ msg }) => msg === 'ran')) {
      const group = Math.floor((slotOf.get(String(line['id'])) ?? Number.NaN) / 2)
      threadOf.set(group, (threadOf.get(group) ?? new Set()).add(line['thread']))
    }
    expect([...threadOf.values()].map(({ size }) => size)).toEqual([1, 1])
    expect(new Set([...threadOf.values()].flatMap((ids) => [...ids])).size).toBe(2)
  })

  it('share a channel too, eight at most, and only with slots of their thread', async () => {
    await using queue = await createQueue(inject('broker'))
    const environment = { ...queue.environment('worker'), WORKER_SLOTS: '13', WORKER_SLOTS_PER_THREAD: '10' }
    await using worker = startWorker(bundles(), environment)
    await worker.line('consuming', { count: 13 })
    const { managementUrl, admin, vhost } = inject('broker')
    const consuming = await worker.logs('its consumers', ({ lines }) =>
      lines.filter(({ msg }) => msg === 'consuming'),
    )
    const tags = new Set(consuming.map((line) => line['consumerTag']))
    // the management's figures come some seconds later
    const consumers = await until(
      async () => {
        const path = `consumers/${encodeURIComponent(vhost)}`
        const all = (await manage({ url: managementUrl, ...admin }, 'GET', path)) as readonly ListedConsumer[]
        const own = all.filter(({ consumer_tag }) => tags.has(consumer_tag))
        return own.length === 13 && own
      },
      { within: 30, what: 'the consumers in the management API' },
    )
    const channels = Map.groupBy(consumers, ({ channel_details }) => channel_details.name)
    const slotsOn = [...channels.values()].map((each) =>
      each.map(({ consumer_tag }) => Number(consumer_tag.split('.').at(-1))).toSorted((a, b) => a - b),
    )
    expect(slotsOn.toSorted(([a = 0], [b = 0]) => a - b)).toEqual([
      [0, 1, 2, 3, 4, 5, 6, 7],
      [8, 9],
      [10, 11, 12],
    ])
  })

  it('lose only the task that was held for too long: its neighbours on the channel notice nothing', async () => {
    await using queue = await createQueue(inject('broker'), { consumerTimeoutSeconds: 3, deliveryLimit: 0 })
    await using worker = startWorker(bundles(), { ...queue.environment('worker'), ...shared })
    await worker.line('consuming', { count: 4 })
    const waits = Array.from({ length: 150 }, () => ({ type: 'wait', payload: { ms: 200 } }))
    const [, ...neighbours] = await queue.publish(
      { id: 'held', type: 'heed', payload: { ending: 'return' } },
      ...waits,
    )
    const { held, others } = await worker.logs(
      'end of all neighbours, and of the held task twice',
      ({ tries }) => {
        const { true: held = [], false: others = [] } = Object.groupBy(tries, ({ id }) => `${id === 'held'}`)
        return held.length >= 2 && others.length >= 150 && { held, others }
      },
    )
    // taken back uncounted, and held again, perhaps by the same slot
    expect(held.slice(0, 2).map(({ outcome, deliveryCount }) => [outcome, deliveryCount])).toEqual(
      Array(2).fill(['consumer-timeout', 0]),
    )
    expect(others.map(({ id }) => id).toSorted()).toEqual(neighbours.toSorted())
    expect(new Set(others.map(({ outcome }) => outcome))).toEqual(new Set(['done']))
    const log = await worker.stop()
    expect(log.lines.filter(({ msg }) => msg === 'consumer lost').length).toBe(
      log.tries.filter(({ outcome }) => outcome === 'consumer-timeout').length,
    )
  })

  it('are quiet where they have a thread each, and those are more than ten', async () => {
    await using queue = await createQueue(inject('broker'))
    await using worker = startWorker(bundles(), { ...queue.environment('worker'), WORKER_SLOTS: '12' })
    await worker.line('consuming', { count: 12 })
    expect((await worker.stop(60)).errors).toBe('')
  })

  it('lose only the one that ignores its signal: its neighbours finish in the retired thread', async () => {
    await using queue = await createQueue(inject('broker'), { deliveryLimit: 0 })
    await using worker = startWorker(bundles(), { ...queue.environment('worker'), ...shared })
    await worker.line('consuming', { count: 4 })
    await queue.publish(
      { id: 'deaf', type: 'deaf', payload: null },
      // longer than the time limit and the grace
      { id: 'neighbour', type: 'wait', payload: { ms: 8_000 } },
    )
    const tries = await worker.ended(2, { within: 60 })
    expect(outcomesOf(tries)).toEqual({ deaf: 'timed-out', neighbour: 'done' })
    // ended with the thread, once its neighbour was done
    expect(tries.map(({ id }) => id)).toEqual(['neighbour', 'deaf'])
    await queue.publish({ id: 'next', type: 'wait', payload: { ms: 1 } })
    expect(outcomesOf(await worker.ended(3))).toMatchObject({ next: 'done' })
  })

  it('all fail when one of them blocks the thread until a time limit strikes, and the block is told', async () => {
    await using queue = await createQueue(inject('broker'), { deliveryLimit: 0 })
    const environment = { ...queue.environment('worker'), ...shared, METRICS_NAMESPACE: 'test' }
    await using worker = startWorker(bundles(), environment)
    await worker.line('consuming', { count: 4 })
    await queue.publish(
      { id: 'neighbour', type: 'wait', payload: { ms: 2_000 } },
      { id: 'blocker', type: 'block-late', payload: null },
    )
    const tries = await worker.ended(2, { within: 60 })
    expect(outcomesOf(tries)).toEqual({ blocker: 'timed-out', neighbour: 'thread-died' })
    expect(tries.find(({ id }) => id === 'neighbour')?.reason).toContain('block-late')
    const told = await worker.line('a handler blocked the thread that others share')
    expect(told['types']).toEqual(expect.arrayContaining(['block-late', 'wait']))
    const { lines } = await worker.stop()
    const metrics = lines.filter((line) => line['ThreadsBlocked'] !== undefined)
    expect(metrics.map((line) => line['ThreadsBlocked'])).toEqual([1])
  })

  it('tell of a loop that stood still for a second, though all went well', async () => {
    await using queue = await createQueue(inject('broker'))
    await using worker = startWorker(bundles(), { ...queue.environment('worker'), ...shared })
    await queue.publish({ type: 'block', payload: { ms: 1_500 } })
    const told = await worker.line('a handler blocked the thread that others share')
    expect(told).toMatchObject({ level: 'warn', types: ['block'] })
    expect(told['blockedMs']).toBeGreaterThanOrEqual(1_000)
    expect((await worker.ended(1)).map(({ outcome }) => outcome)).toEqual(['done'])
  })

  it('all fail when their thread dies, and the next tasks have another', async () => {
    await using queue = await createQueue(inject('broker'), { deliveryLimit: 0 })
    await using worker = startWorker(bundles(), { ...queue.environment('worker'), ...shared })
    await worker.line('consuming', { count: 4 })
    await queue.publish(
      { id: 'neighbour', type: 'wait', payload: { ms: 2_000 } },
      { id: 'exits', type: 'exit-late', payload: null },
    )
    expect(outcomesOf(await worker.ended(2))).toEqual({ exits: 'thread-died', neighbour: 'thread-died' })
    await queue.publish({ id: 'next', type: 'wait', payload: { ms: 1 } })
    expect(outcomesOf(await worker.ended(3))).toMatchObject({ next: 'done' })
  })
})

describe('a task that has failed three times', () => {
  const bundles = workerWith(sharedThreadTasks)

  it('runs in a process of its own, whatever the worker’s Node options preload', async () => {
    // as a local run has it: no process is kept alive by the channel to its parent
    const preload = new URL('../../local/end-with-parent.mjs', import.meta.url)
    await using queue = await createQueue(inject('broker'), { deliveryLimit: 10, retryMaxSeconds: 1 })
    const environment = { ...queue.environment('worker'), WORKER_SLOTS: '2' }
    await using worker = startWorker(bundles(), environment, ['--import', preload.href])
    await queue.publish({ type: 'fail-thrice', payload: null })
    const tries = await worker.ended(4, { within: 60 })
    expect(tries.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed', 'done'])
    const { lines } = await worker.stop()
    const processes = lines.filter(({ msg }) => msg === 'ran').map((line) => line['process'])
    expect(processes.slice(0, 3)).toEqual(Array(3).fill(worker.pid))
    expect(processes[3]).not.toBe(worker.pid)
  })
})

describe('what a handler says and leaves behind', () => {
  const bundles = workerWith(sharedThreadTasks)

  it('to its parent port is not taken for the end of its task', async () => {
    await using queue = await createQueue(inject('broker'), { deliveryLimit: 0 })
    await using worker = startWorker(bundles(), queue.environment('worker'))
    await queue.publish({ type: 'post-oddly', payload: null })
    const [line] = await worker.ended(1)
    expect(line).toMatchObject({ outcome: 'failed', reason: 'Error: not done' })
    expect((await worker.stop()).errors).toBe('')
  })

  it('is charged to nobody: the log says whose it was, and the next task is done', async () => {
    await using queue = await createQueue(inject('broker'), { deliveryLimit: 0 })
    await using worker = startWorker(bundles(), queue.environment('worker'))
    await queue.publish(
      { id: 'careless', type: 'leave-behind', payload: null },
      { id: 'next', type: 'wait', payload: { ms: 500 } },
    )
    const tries = await worker.ended(2)
    expect(tries.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['careless', 'done'],
      ['next', 'done'],
    ])
    await worker.line('a finished handler left an error behind', { count: 2 })
    const { lines } = await worker.stop()
    const left = lines.filter(({ msg }) => msg === 'a finished handler left an error behind')
    expect(left.map(({ id, type, error }) => [id, type, String(error).split('\n')[0]])).toEqual([
      ['careless', 'leave-behind', 'Error: thrown late'],
      ['careless', 'leave-behind', 'Error: rejected late'],
    ])
  })
})
