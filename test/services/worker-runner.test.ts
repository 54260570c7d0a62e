import type { ConsumeMessage } from 'amqplib'
import { describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import type { OutgoingTask } from '../../services/amqp/batch.ts'
import { encodeTask } from '../../services/contract/task.ts'
import { type TaskType, taskType } from '../../services/contract/task-type.ts'
import { Tenants } from '../../services/contract/tenants.ts'
import { cancelledEnding } from '../../services/worker/cancelled.ts'
import type { Reply } from '../../services/worker/protocol.ts'
import { Runner } from '../../services/worker/runner.ts'

const declared = { payload: z.any(), timeoutSeconds: 60, handler: './x.handler.ts' } as const
const types = new Map<string, TaskType>(
  [
    taskType({ ...declared, type: 'parent', sends: ['child'], continues: true, retryLater: { max: 2 } }),
    taskType({ ...declared, type: 'child', priority: 9 }),
  ].map((type) => [type.type, type]),
)
const stopped = { outcome: 'handed-back', reason: 'the worker is shutting down' } as const
const bytes = (text: string) => new TextEncoder().encode(text)
const oneChild: Reply = {
  outcome: 'done',
  sent: { tasks: [{ id: 'p.1', type: 'child', content: bytes('1'), traceparent: 'trace' }] },
}

/** A runner whose handlers and broker answer when the test says. */
function createRunner(more: { timeLimits?: boolean } = {}) {
  const reply = Promise.withResolvers<Reply>()
  const confirm = Promise.withResolvers<string | undefined>()
  const published: OutgoingTask[] = []
  let signal: AbortSignal | undefined
  const runner = new Runner({
    ...{
      slot: 0,
      queue: 'tasks',
      types,
      defaultQueue: 'tasks',
      tenants: new Tenants(),
      ready: Promise.resolve(),
    },
    ...more,
    sender: {
      publish(tasks, over) {
        published.push(...tasks)
        signal = over
        return confirm.promise
      },
    },
    handlers: () => ({
      run(_, began) {
        began()
        return reply.promise
      },
      stop: () => reply.resolve({ outcome: 'stopped' }),
    }),
  })
  const run = (type: string, headers: object = {}, tenant?: string) => {
    const { content, properties } = encodeTask({ id: 'p', type, payload: null, queuedAt: 1, priority: 3 })
    const message = {
      content,
      properties: { ...properties, headers: { ...properties.headers, ...headers } },
      fields: {},
    } as unknown as ConsumeMessage
    const task = { id: 'p', type, queuedAt: 1, priority: 3, tenant }
    return runner.run({ ok: true, task }, message, 0)
  }
  return { runner, run, reply, confirm, published, isOver: () => signal?.aborted }
}

describe('what a handler has sent', () => {
  it('is published when it has returned, and makes the try done when all is confirmed', async () => {
    const { run, reply, confirm, published } = createRunner()
    const ending = run('parent')
    reply.resolve(oneChild)
    confirm.resolve(undefined)
    expect(await ending).toEqual({ outcome: 'done', sent: 1 })
    expect(published).toMatchObject([
      {
        ...{ id: 'p.1', exchange: 'tasks', routingKey: 'tasks' },
        properties: { messageId: 'p.1', type: 'child', priority: 9, headers: { 'warren-parent': 'p' } },
      },
    ])
  })

  it('is for the tenant of its task, and stands behind who sends less', async () => {
    const { run, reply, confirm, published } = createRunner()
    const ending = run('parent', {}, 'acme')
    const child = { type: 'child', content: bytes('1') }
    const ids = Array.from({ length: 1_000 }, (_, n) => `p.${n + 1}`)
    const tasks = [...ids.map((id) => ({ ...child, id })), { ...child, id: 'other', tenant: 'zenith' }]
    reply.resolve({ outcome: 'done', sent: { tasks } })
    confirm.resolve(undefined)
    await ending
    const [first, last, other] = [published[0], published[999], published[1_000]].map(
      (task) => task?.properties,
    )
    expect(first).toMatchObject({ priority: 9, headers: { 'warren-tenant': 'acme' } })
    expect(other).toMatchObject({ priority: 9, headers: { 'warren-tenant': 'zenith' } })
    expect(last?.priority).toBeLessThan(4)
  })

  it('makes the try failed when it cannot be published', async () => {
    const { run, reply, confirm } = createRunner()
    const ending = run('parent')
    reply.resolve(oneChild)
    confirm.resolve('1 of 1 tasks: queue full')
    expect(await ending).toEqual({ outcome: 'failed', reason: '1 of 1 tasks: queue full' })
  })

  it('is not published by a try that is over', async () => {
    const { runner, run, reply, published } = createRunner()
    const ending = run('parent')
    runner.stop(stopped)
    reply.resolve(oneChild)
    expect(await ending).toEqual(stopped)
    expect(published).toEqual([])
  })

  it('is given up when the try ends meanwhile, whatever the broker says then', async () => {
    const { runner, run, reply, confirm, published, isOver } = createRunner()
    const ending = run('parent')
    reply.resolve(oneChild)
    await expect.poll(() => published).toHaveLength(1)
    expect(isOver()).toBe(false)
    runner.stop(stopped)
    expect(isOver()).toBe(true)
    confirm.resolve(undefined)
    expect(await ending).toEqual(stopped)
  })
})

it('a slice goes on as the same task, counts what it has sent and forgets that it was put off', async () => {
  const { run, reply, confirm, published } = createRunner()
  const ending = run('parent', { 'warren-sent': 4, 'warren-later': 1, 'x-delivery-count': 2, theirs: 'kept' })
  reply.resolve({ outcome: 'done', sent: { ...oneChild.sent, continuation: bytes('{"page":2}') } } as Reply)
  confirm.resolve(undefined)
  expect(await ending).toEqual({ outcome: 'done', sent: 1, goesOn: true })
  const { id, content, properties } = published[1] ?? {}
  expect([id, content?.toString()]).toEqual(['p', '{"page":2}'])
  expect(properties).toMatchObject({ messageId: 'p', type: 'parent', priority: 3, persistent: true })
  expect(properties?.headers).toEqual({
    ...{ 'warren-version': 1, 'warren-sent': 5, theirs: 'kept' },
    'warren-queued-at': expect.any(Number),
  })
})

it('a slice whose tasks cannot all be sent does not go on: each try of it would leave one more', async () => {
  const { run, reply, confirm, published } = createRunner()
  const ending = run('parent')
  reply.resolve({ outcome: 'done', sent: { ...oneChild.sent, continuation: bytes('{}') } } as Reply)
  confirm.resolve('1 of 1 tasks: queue full')
  expect(await ending).toEqual({ outcome: 'failed', reason: '1 of 1 tasks: queue full' })
  expect(published.map(({ id }) => id)).toEqual(['p.1'])
})

describe('a task that is to be done later', () => {
  const later: Reply = { outcome: 'later', seconds: 5, reason: 'RetryLaterError: busy' }

  it('goes into the ladder as it is, and is counted there', async () => {
    const { run, reply, confirm, published } = createRunner()
    const ending = run('parent', { 'warren-later': 1 })
    reply.resolve(later)
    confirm.resolve(undefined)
    expect(await ending).toEqual({ outcome: 'later', laterSeconds: 5, reason: 'RetryLaterError: busy' })
    expect(published).toMatchObject([
      {
        ...{ id: 'p', exchange: 'tasks.later.02', routingKey: '1.0.1' },
        content: Buffer.from('null'),
        properties: { messageId: 'p', priority: 3, headers: { 'warren-later': 2 } },
      },
    ])
  })

  it.each([
    ['parent', 2, 'RetryLaterError: busy (put off 2 times, no more is allowed)'],
    ['child', 0, 'RetryLaterError: busy (uncounted if child declared retryLater: { max })'],
  ])('fails where its type does not allow it: %s, put off %i times', async (type, times, reason) => {
    const { run, reply, published } = createRunner()
    const ending = run(type, { 'warren-later': times })
    reply.resolve(later)
    expect(await ending).toEqual({ outcome: 'failed', reason })
    expect(published).toEqual([])
  })

  it('fails when that is not confirmed', async () => {
    const { run, reply, confirm } = createRunner()
    const ending = run('parent')
    reply.resolve(later)
    confirm.resolve('blocked')
    expect(await ending).toEqual({ outcome: 'failed', reason: 'blocked' })
  })
})

it('a task that is stopped before it begins ends for its own reason, not for that of the task before it', async () => {
  const replies = [Promise.withResolvers<Reply>(), Promise.withResolvers<Reply>()]
  let runs = 0
  const runner = new Runner({
    ...{
      slot: 0,
      queue: 'tasks',
      types,
      defaultQueue: 'tasks',
      tenants: new Tenants(),
      ready: Promise.resolve(),
    },
    sender: { publish: () => Promise.resolve(undefined) },
    handlers: () => ({
      run(_, began) {
        // the second one waits for its turn
        if (runs === 0) began()
        runs += 1
        return replies[runs - 1]?.promise ?? Promise.reject()
      },
      stop: () => undefined,
    }),
  })
  const task = { id: 'p', type: 'child', queuedAt: 1, priority: 3 }
  const { content, properties } = encodeTask({ ...task, payload: null })
  const message = { content, properties, fields: {} } as unknown as ConsumeMessage
  const run = () => runner.run({ ok: true, task }, message, 3)
  for (const [index, ending] of [cancelledEnding, stopped].entries()) {
    const ended = run()
    runner.stop(ending)
    replies[index]?.resolve({ outcome: 'stopped' })
    expect(await ended).toEqual(ending)
  }
})

describe('the time limit', () => {
  it.each([
    ['strikes', {}, 'timed-out'],
    ['does not, where a debugger may hold the handler', { timeLimits: false }, 'running'],
  ])('%s', async (_, options, expected) => {
    vi.useFakeTimers()
    const { run } = createRunner(options)
    const ending = run('parent').then(({ outcome }) => outcome)
    await vi.advanceTimersByTimeAsync(3_600_000)
    vi.useRealTimers()
    expect(await Promise.race([ending, 'running'])).toBe(expected)
  })
})
