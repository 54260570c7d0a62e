import { describe, expect, test } from 'vitest'
import { createClient } from '../../client/src/client.ts'
import { readCommandLine } from '../../ops/command-line/command.ts'
import { readOrder, sendCommand } from '../../ops/send/arguments.ts'
import { type Order, sendTasks, type TaskTarget } from '../../ops/send/send-tasks.ts'
import { awaitSplit, describeSplit } from '../../ops/send/split.ts'
import { toItsEnd } from '../../ops/target/request.ts'
import type { TaskLogLine } from '../../services/contract/log.ts'
import { startAnswering } from '../support/answering.ts'
import { taskLine } from './deployed.ts'

interface Post {
  readonly tasks: readonly { readonly id: string; readonly payload: unknown }[]
}

/** A producer that gives these answers in turn, then accepts all. */
function producer(...answers: ((ids: string[]) => Response | Error)[]) {
  const posts: string[][] = []
  const bytes: number[] = []
  const client = createClient({
    endpoint: 'http://127.0.0.1:1',
    async fetch(_url, init) {
      const body = String(init?.body)
      const ids = (JSON.parse(body) as Post).tasks.map(({ id }) => id)
      posts.push(ids)
      bytes.push(Buffer.byteLength(body))
      const answer = answers.shift()?.(ids) ?? json(202, { ids })
      if (answer instanceof Error) throw answer
      return answer
    },
  })
  const target: TaskTarget = { name: 'local', client }
  return { target, posts, bytes }
}

const json = (status: number, body: object, headers: Record<string, string> = {}) =>
  Response.json(body, { status, headers })
const busy = (accepted: string[], failed: string[], retryAfter = '0.01') =>
  json(
    503,
    { ids: [...accepted, ...failed], accepted, failed: failed.map((id) => ({ id, reason: 'queue full' })) },
    { 'retry-after': retryAfter },
  )
const order = (count: number, others: Partial<Order> = {}): Order => ({
  run: 'run',
  type: 'sleep',
  payload: { ms: 1 },
  count,
  ...others,
})
const never = new AbortController().signal
const send = (target: TaskTarget, asked: Order, signal = never, onProgress = () => {}) =>
  sendTasks(target, asked, signal, onProgress)

describe('sendTasks', () => {
  test('sends batches of at most 1,000, each task once', async () => {
    const { target, posts } = producer()
    const sent = await send(target, order(2_500))
    expect(posts.map((ids) => ids.length)).toEqual([1_000, 1_000, 500])
    expect(new Set(posts.flat()).size).toBe(2_500)
    expect(sent).toMatchObject({ accepted: 2_500, requests: 3, retries: 0, unanswered: 0 })
    expect(sent.confirmMs).toHaveLength(3)
  })

  test('makes no request larger than the producer takes', async () => {
    const { target, bytes, posts } = producer()
    await send(target, order(30, { payload: { text: 'x'.repeat(400_000) } }))
    expect(Math.max(...bytes)).toBeLessThanOrEqual(4 * 1024 * 1024)
    expect(posts).toHaveLength(3)
  })

  test('sends again what a 503 did not accept, with the same ids, and only that', async () => {
    const { target, posts } = producer((ids) => busy(ids.slice(0, 4), ids.slice(4)))
    expect(await send(target, order(6))).toMatchObject({
      accepted: 6,
      requests: 2,
      retries: 1,
      unanswered: 0,
    })
    expect(posts).toEqual([
      ['run-0', 'run-1', 'run-2', 'run-3', 'run-4', 'run-5'],
      ['run-4', 'run-5'],
    ])
  })

  test('gives up a producer that takes nothing, and never calls that accepted', async () => {
    const { target, posts } = producer((ids) => busy([], ids, '90'))
    const sent = await send(target, order(5))
    expect(sent).toMatchObject({ accepted: 0, unanswered: 0, confirmMs: [] })
    expect(sent.failure).toBe(
      'http://127.0.0.1:1 has not accepted 5 of 5 tasks within 60 s: 503 queue full; npm run status -- local says how it is',
    )
    expect(posts).toHaveLength(1)
  })

  test('says of a request without an answer that its tasks may be in the queue', async () => {
    const gone = () =>
      new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNRESET' }) })
    const stop = new AbortController()
    const { target } = producer(
      () => json(202, {}),
      () => gone(),
    )
    const sent = await sendTasks(target, order(1_005), stop.signal, ({ waiting }) => {
      if (waiting) stop.abort()
    })
    expect(sent).toMatchObject({ accepted: 1_000, unanswered: 5, waiting: 'no answer (ECONNRESET)' })
  })

  test('does not repeat a request that can never succeed', async () => {
    const wrong = json(400, { errors: [{ index: 0, path: '/payload/ms', message: 'is too large' }] })
    const { target, posts } = producer(() => wrong)
    const sent = await send(target, order(5))
    expect(sent).toMatchObject({
      accepted: 0,
      failure: 'http://127.0.0.1:1 answered 400: task 0: /payload/ms is too large',
    })
    expect(posts).toHaveLength(1)
  })

  test('waits for the answer to what is under way when it is stopped, and sends nothing more', async () => {
    const stop = new AbortController()
    const { target, posts } = producer((ids) => {
      stop.abort()
      return json(202, { ids })
    })
    expect(await send(target, order(3_000), stop.signal)).toMatchObject({ accepted: 1_000 })
    expect(posts).toHaveLength(1)
  })

  test('keeps to a rate with at most ten requests a second', async () => {
    const { target, posts } = producer()
    await send(target, order(40, { rate: 100 }))
    const full = posts.slice(0, -1).map((ids) => ids.length)
    expect(full.every((size) => size >= 10)).toBe(true)
    expect(posts.flat()).toHaveLength(40)
  })
})

test('a stop does not end a request of the commands', async () => {
  await using server = await startAnswering()
  const request = { method: 'POST', body: '{"tasks":[]}', signal: AbortSignal.abort() }
  expect((await toItsEnd(server.url, request)).status).toBe(202)
})

describe('readOrder', () => {
  const ordered = (...options: string[]) => {
    const request = readCommandLine(sendCommand(), ['local', ...options]) ?? expect.fail('this is not help')
    return readOrder(request.options, 0)
  }

  test('has a payload for each type of the template', () => {
    expect(readOrder({ count: 1, type: 'sleep' }, 0).payload).toEqual({ ms: 200 })
    expect(readOrder({ count: 1, type: 'digest' }, 0).payload).toEqual({ rounds: 1_000_000 })
  })

  test.for([
    [['--type', 'digets'], 'there is no task type digets: did you mean digest?'],
    [['--payload', '{"ms":"long"}'], '--payload does not fit sleep: ms: expected number'],
    [['--payload', '{"ms":"long"}'], ', got "long"'],
    [['--payload', '{}'], '--payload does not fit sleep: ms is missing'],
    [
      ['--payload', '[1]'],
      '--payload does not fit sleep: the payload: expected object, received array, got [1]',
    ],
    [['--payload', '{ms:1}'], '--payload must be JSON'],
    [['--priority', '32'], "argument '32' is invalid."],
    [['--tenant', 'a b'], "argument 'a b' is invalid. It must be 1 to 128 of"],
    [['--rate', 'fast'], "argument 'fast' is invalid. It must be tasks a second"],
    [['--count', '0'], "argument '0' is invalid. It must be a whole number from 1"],
  ] as const)('refuses %j', ([wrong, message]) => {
    expect(() => ordered('--type', 'sleep', ...wrong)).toThrow(message)
  })

  test('takes a priority', () => {
    expect(ordered('--priority', '31')).toMatchObject({ priority: 31 })
    expect(ordered().priority).toBeUndefined()
  })

  test('takes a tenant', () => {
    expect(ordered('--tenant', 'acme')).toMatchObject({ tenant: 'acme' })
    expect(ordered().tenant).toBeUndefined()
  })

  test('takes a rate with its unit', () => {
    expect(ordered('--rate', '2.5/s')).toMatchObject({ rate: 2.5, count: 50, type: 'digest' })
  })

  test('never uses ids twice', () => {
    const runs = new Set(Array.from({ length: 100 }, () => readOrder({ count: 1, type: 'sleep' }, 0).run))
    expect(runs.size).toBe(100)
  })
})

describe('awaitSplit', () => {
  const settings = { tasks: 3, classes: ['small', 'large'], pollMs: 1, stallSeconds: 60 }
  const readings = (...lines: (readonly TaskLogLine[])[]) => ({ read: async () => lines.shift() ?? [] })

  test('counts a task that was done twice once, and names a class that did nothing', async () => {
    const follower = readings(
      [taskLine('run-0', 'small'), taskLine('run-1', 'small', { outcome: 'failed' })],
      [taskLine('run-0', 'small'), taskLine('run-1', 'small'), taskLine('run-2', 'small')],
    )
    const split = await awaitSplit(follower, settings, never, () => {})
    expect(describeSplit(split)).toBe('small 3, large 0')
  })

  test('names classes in the same order, whichever was done first', async () => {
    const follower = readings([
      taskLine('run-0', 'slow'),
      taskLine('run-1', 'fast'),
      taskLine('run-2', 'slow'),
    ])
    const split = await awaitSplit(follower, { ...settings, classes: [] }, never, () => {})
    expect(describeSplit(split)).toBe('fast 1, slow 2')
  })

  test('does not wait for what a worker has given up', async () => {
    const follower = readings([
      taskLine('run-0', 'small'),
      taskLine('run-1', 'large'),
      taskLine('run-2', 'large', { outcome: 'permanent-failure' }),
    ])
    const split = await awaitSplit(follower, settings, never, () => {})
    expect(split).toMatchObject({ done: 2, givenUp: 1 })
  })

  test.each(['failed', 'timed-out', 'thread-died', 'unknown-type'] as const)(
    'does not wait for what has %s once more than the delivery limit allows, and for what may yet be done',
    async (outcome) => {
      const follower = readings([
        taskLine('run-0', 'small', { outcome, deliveryCount: 9 }),
        taskLine('run-1', 'large', { outcome, deliveryCount: 10 }),
        taskLine('run-2', 'large', { outcome, deliveryCount: 10 }),
        taskLine('run-0', 'small', { deliveryCount: 10 }),
      ])
      const split = await awaitSplit(follower, settings, never, () => {})
      expect(split).toMatchObject({ done: 1, givenUp: 2 })
    },
  )

  test('does not wait for what an operator has cancelled', async () => {
    const follower = readings([
      taskLine('run-0', 'small'),
      taskLine('run-1', 'large', { outcome: 'cancelled' }),
      taskLine('run-2', 'large', { outcome: 'cancelled', deliveryCount: 10 }),
    ])
    const split = await awaitSplit(follower, settings, never, () => {})
    expect(split).toMatchObject({ done: 1, givenUp: 0, cancelled: 2 })
  })

  test('counts neither a slice of a task nor what tasks have sent', async () => {
    const follower = readings([
      taskLine('run-0', 'small', { goesOn: true, sent: 3 }),
      taskLine('run-0.1', 'small', { parent: 'run-0' }),
      taskLine('run-0.2', 'small', { parent: 'run-0' }),
      taskLine('run-1', 'large'),
      taskLine('run-2', 'large'),
      taskLine('run-0', 'small'),
    ])
    const split = await awaitSplit(follower, settings, never, () => {})
    expect(describeSplit(split)).toBe('small 1, large 2')
  })

  test('ends when nothing more is done', async () => {
    const follower = readings([taskLine('run-0', 'small')])
    const split = await awaitSplit(follower, { ...settings, stallSeconds: 0.05 }, never, () => {})
    expect(split).toMatchObject({ done: 1, givenUp: 0 })
  })
})
