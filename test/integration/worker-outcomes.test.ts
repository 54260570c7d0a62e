import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { TaskLogLine } from '../../services/contract/log.ts'
import { encodeTask, envelopeVersion } from '../../services/contract/task.ts'
import { misbehavingTasks } from '../support/misbehaving-tasks.ts'
import { createQueue } from '../support/queue.ts'
import { copyServices } from '../support/test-tasks.ts'
import { until } from '../support/until.ts'
import { startWorker } from '../support/worker-process.ts'

/** Each row of the outcome table that needs no fault of the broker: all on one queue, whose delivery limit is 2. */
describe('what the broker is told of a try', () => {
  const stack = new AsyncDisposableStack()
  /** The tries of each task, and the reason of its dead letter. */
  let tries: Map<string, TaskLogLine[]>
  const deadLetters = new Map<string, string>()
  let ready = -1

  const once = ['good', 'permanent', 'permanent-copy', 'bytes', 'payload', 'nested', 'forged']
  const thrice = ['fail', 'fail-oddly', 'exit', 'fail-later', 'leak', 'unknown', 'newer']

  beforeAll(async () => {
    const services = stack.use(copyServices())
    services.add(...misbehavingTasks)
    const queue = stack.use(await createQueue(inject('broker')))
    const memory = '--import=data:text/javascript,process.constrainedMemory=()=>300*2**20'
    const environment = { ...queue.environment('worker'), WORKER_SLOTS: '3' }
    const worker = stack.use(startWorker(services.bundleWorker(), environment, [memory]))
    const misbehaving = [
      'permanent',
      'permanent-copy',
      'fail',
      'fail-oddly',
      'exit',
      'fail-later',
      'leak',
      'unknown',
    ]
    await queue.publish(
      { id: 'good', type: 'sleep', payload: { ms: 1 } },
      { id: 'payload', type: 'sleep', payload: { ms: 'long' } },
      ...misbehaving.map((type) => ({ id: type, type, payload: null })),
    )
    const { content, properties } = encodeTask({
      id: 'x',
      type: 'sleep',
      payload: { ms: 1 },
      queuedAt: Date.now(),
    })
    const headers = properties.headers
    await queue.publishRaw(Buffer.from([0xff, 0x00]), { ...properties, messageId: 'bytes' })
    await queue.publishRaw(Buffer.from('['.repeat(200_000) + ']'.repeat(200_000)), {
      ...properties,
      messageId: 'nested',
    })
    await queue.publishRaw(content, {
      ...properties,
      messageId: 'newer',
      headers: { ...headers, 'warren-version': envelopeVersion + 1 },
    })
    await queue.publishRaw(content, {
      ...properties,
      messageId: 'forged',
      headers: { ...headers, 'x-delivery-count': 7 },
    })
    const lines = await worker.ended(once.length + 3 * thrice.length, { within: 60 })
    tries = Map.groupBy(lines, ({ id }) => id)
    await until(
      async () => {
        const letter = await queue.takeDeadLetter()
        if (letter)
          deadLetters.set(letter.properties.messageId, letter.properties.headers?.['x-last-death-reason'])
        return deadLetters.size === once.length + thrice.length - 2
      },
      { within: 60, what: 'all dead letters' },
    )
    ready = (await queue.counts()).ready
  })
  afterAll(() => stack.disposeAsync())

  const outcomes = (id: string) => tries.get(id)?.map(({ outcome }) => outcome)

  it('acknowledges a task whose handler returns', () => {
    expect(outcomes('good')).toEqual(['done'])
    expect(deadLetters.has('good')).toBe(false)
    expect(ready).toBe(0)
  })

  it.each(thrice)('tries again, later each time, until the delivery limit: %s', (id) => {
    const [first, second, third] = tries.get(id) ?? []
    expect(tries.get(id)?.map((line) => line.deliveryCount)).toEqual([0, 1, 2])
    expect(deadLetters.get(id)).toBe('delivery_limit')
    // the broker waits for at least 1 s × failures; how much longer is up to the machine's load
    expect(start(second) - end(first)).toBeGreaterThan(900)
    expect(start(third) - end(second)).toBeGreaterThan(1_900)
  })

  it.each([
    ['fail', 'failed', /^Error: no luck$/],
    ['fail-oddly', 'failed', /^threw /],
    ['exit', 'thread-died', /exited with code 3/],
    ['fail-later', 'thread-died', /too late/],
    ['leak', 'thread-died', /ERR_WORKER_OUT_OF_MEMORY/],
    ['unknown', 'unknown-type', /"unknown"/],
    [
      'newer',
      'unknown-type',
      new RegExp(`envelope version ${envelopeVersion + 1}, this worker reads ${envelopeVersion}`),
    ],
  ])('says why: %s ends as %s', (id, outcome, reason) => {
    expect(outcomes(id)).toEqual([outcome, outcome, outcome])
    expect(tries.get(id)?.[0]?.reason).toMatch(reason)
  })

  it.each([
    ['permanent', 'permanent-failure', /never/],
    ['permanent-copy', 'permanent-failure', /never/],
    ['bytes', 'unreadable', /not JSON in UTF-8/],
    ['nested', 'unreadable', /does not fit/],
    ['payload', 'unreadable', /ms/],
  ])('makes a dead letter at once of what can never succeed: %s is %s', (id, outcome, reason) => {
    expect(outcomes(id)).toEqual([outcome])
    expect(tries.get(id)?.[0]?.reason).toMatch(reason)
    expect(deadLetters.get(id)).toBe('rejected')
  })

  it('does not believe the delivery count of a message that was never redelivered', () => {
    expect(tries.get('forged')?.map(({ deliveryCount, outcome }) => [deliveryCount, outcome])).toEqual([
      [0, 'done'],
    ])
  })
})

const start = (line: TaskLogLine | undefined) => Date.parse(line?.startedAt ?? '')
const end = (line: TaskLogLine | undefined) => start(line) + (line?.durationMs ?? Number.NaN)
