import { describe, expect, it } from 'vitest'
import { type ClientOptions, createClient } from '../../client/src/client.ts'
import { NotAcceptedError } from '../../client/src/errors.ts'
import type { SendTry } from '../../client/src/send.ts'
import { accept, acceptOnly, htmlPage, startAnswering } from '../support/answering.ts'

const uuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/
const sleepTasks = (count: number, payload: unknown = { ms: 1 }) =>
  Array.from({ length: count }, (_, index) => ({ id: `t-${index}`, type: 'sleep', payload }))

/** What a call rejects with. */
async function refusal(call: Promise<unknown>): Promise<NotAcceptedError> {
  const error = await call.then(
    () => expect.fail('it was accepted'),
    (thrown: unknown) => thrown,
  )
  if (error instanceof NotAcceptedError) return error
  throw error
}

const clientOf = (endpoint: string, options: Partial<ClientOptions> = {}) =>
  createClient({ endpoint, ...options })

describe('send', () => {
  it('sends one task with all that is said of it, and gives its id', async () => {
    await using producer = await startAnswering()
    const details = { priority: 9, tenant: 'acme', delaySeconds: 60, unique: 'once', uniqueSeconds: 5 }
    const id = await clientOf(`${producer.url}/`).send('sleep', { ms: 1 }, { id: 'own', ...details })
    expect(id).toBe('own')
    const [request] = producer.requests
    expect(request).toMatchObject({ method: 'POST', path: '/tasks' })
    expect(request?.headers).toMatchObject({ 'content-type': 'application/json' })
    expect(request?.headers).not.toHaveProperty('authorization')
    expect(JSON.parse(request?.body ?? '')).toEqual({
      tasks: [{ id: 'own', type: 'sleep', payload: { ms: 1 }, ...details }],
    })
  })

  it('makes an id before the first try, so that a repeat after a lost answer sends the same', async () => {
    const lost = () => undefined
    await using producer = await startAnswering(lost)
    const id = await clientOf(producer.url).send('sleep', { ms: 1 })
    expect(id).toMatch(uuid)
    expect(producer.requests.map(({ ids }) => ids)).toEqual([[id], [id]])
  })

  it('gives the id that the producer answers with: with `unique` that of an earlier task', async () => {
    await using producer = await startAnswering(() => ({ status: 202, body: { ids: ['first'] } }))
    expect(await clientOf(producer.url).send('sleep', {}, { unique: 'key' })).toBe('first')
  })

  it.each([
    ['a page in HTML', htmlPage],
    ['throttling', () => ({ status: 429, body: { message: 'Too Many Requests' } })],
    ['a producer that fails', () => ({ status: 500, body: { message: 'Internal Server Error' } })],
    ['a producer that is too slow', () => ({ status: 504, body: { message: 'Endpoint request timed out' } })],
    ['a cut connection', () => undefined],
  ])('tries again after %s', async (_, answer) => {
    await using producer = await startAnswering(answer)
    await clientOf(producer.url).send('sleep', { ms: 1 }, { id: 'a' })
    expect(producer.requests.map(({ ids }) => ids)).toEqual([['a'], ['a']])
  })

  it.each([
    [
      400,
      { errors: [{ index: 0, path: '/payload/ms', message: 'is too large' }] },
      '/payload/ms is too large',
    ],
    [413, { detail: 'the body is too large', bytes: 5, limit: 4 }, 'the body is too large'],
    [404, { detail: 'no such path' }, 'no such path'],
    [403, { message: 'Forbidden' }, 'Forbidden; these credentials need execute-api:Invoke on it'],
  ])('is refused by a %i at once, with the fields of its problem', async (status, body, why) => {
    await using producer = await startAnswering(() => ({ status, body }))
    const error = await refusal(clientOf(producer.url).send('sleep', {}, { id: 'a' }))
    expect(error.message).toBe(`${producer.url} answered ${status}: ${why}`)
    expect(error).toMatchObject({ status, problem: body, ids: ['a'], accepted: [] })
    expect(error.failed).toEqual([expect.objectContaining({ id: 'a', mayBeAccepted: false })])
    expect(producer.requests).toHaveLength(1)
  })

  it('takes no other success for an acceptance', async () => {
    await using producer = await startAnswering(() => ({ status: 200, body: 'a page that asks who you are' }))
    expect(await refusal(clientOf(producer.url).send('sleep', {}))).toMatchObject({
      status: 200,
      accepted: [],
    })
  })
})

describe('sendBatch', () => {
  it('splits at 1,000 tasks, and gives all ids in order', async () => {
    await using producer = await startAnswering()
    const tasks = sleepTasks(2_001)
    expect(await clientOf(producer.url).sendBatch(tasks)).toEqual(tasks.map(({ id }) => id))
    expect(producer.requests.map(({ ids }) => ids.length)).toEqual([1_000, 1_000, 1])
  })

  it('fills requests up to 4 MiB, in bytes, and a task that is larger goes alone', async () => {
    await using producer = await startAnswering()
    const text = 'ü'.repeat(250_000)
    const tasks = [...sleepTasks(20, { text }), { id: 'big', type: 'sleep', payload: 'x'.repeat(5_000_000) }]
    await clientOf(producer.url).sendBatch([...tasks, { id: 'last', type: 'sleep', payload: 1 }])
    expect(producer.requests.map(({ ids }) => ids.length)).toEqual([8, 8, 4, 1, 1])
    const sizes = producer.requests.map(({ body }) => Buffer.byteLength(body))
    expect(sizes.filter((bytes) => bytes > 4 * 1024 * 1024)).toHaveLength(1)
    // one more would be too much
    expect((sizes[0] ?? 0) + Buffer.byteLength(JSON.stringify(tasks[0]))).toBeGreaterThan(4 * 1024 * 1024)
  })

  it('sends nothing where there is nothing', async () => {
    await using producer = await startAnswering()
    expect(await clientOf(producer.url).sendBatch([])).toEqual([])
    expect(producer.requests).toEqual([])
  })

  it('sends only what a 503 did not accept again, with the same ids', async () => {
    await using producer = await startAnswering(acceptOnly(['t-0', 't-2']))
    const tries: SendTry[] = []
    await clientOf(producer.url).sendBatch(sleepTasks(4), { onTry: (result) => tries.push(result) })
    expect(producer.requests.map(({ ids }) => ids)).toEqual([
      ['t-0', 't-1', 't-2', 't-3'],
      ['t-1', 't-3'],
    ])
    expect(tries).toMatchObject([
      { accepted: 2, reason: '503 queue full' },
      { accepted: 2, reason: undefined },
    ])
  })

  it('waits as long as Retry-After says, in seconds or until a date', async () => {
    const date = new Date(Date.now() + 1_500).toUTCString()
    await using producer = await startAnswering(
      acceptOnly([], 'queue full', '1'),
      acceptOnly([], 'queue full', date),
    )
    const begun = Date.now()
    await clientOf(producer.url).sendBatch(sleepTasks(1))
    expect(Date.now() - begun).toBeGreaterThanOrEqual(1_000)
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(date))
    expect(producer.requests).toHaveLength(3)
  })

  it('gives up when the deadline would pass, and says what was accepted and what was not', async () => {
    await using producer = await startAnswering(acceptOnly(['t-0']), acceptOnly([], 'queue full', '9'))
    const error = await refusal(clientOf(producer.url, { deadlineSeconds: 5 }).sendBatch(sleepTasks(3)))
    expect(error.message).toBe(`${producer.url} has not accepted 2 of 3 tasks within 5 s: 503 queue full`)
    expect(error).toMatchObject({ status: 503, ids: ['t-0', 't-1', 't-2'], accepted: ['t-0'] })
    expect(error.failed).toEqual(
      ['t-1', 't-2'].map((id) => ({ id, reason: 'queue full', mayBeAccepted: false })),
    )
    expect(producer.requests).toHaveLength(2)
  })

  it('counts the time anew whenever tasks are accepted', async () => {
    const slowly = sleepTasks(3).map(({ id }) => acceptOnly([id], 'queue full', '1'))
    await using producer = await startAnswering(...slowly)
    await clientOf(producer.url, { deadlineSeconds: 2.5 }).sendBatch(sleepTasks(4))
    expect(producer.requests).toHaveLength(4)
  })

  it('says of each task whether it may be in the queue all the same', async () => {
    const uncertain = acceptOnly([], 'no confirm in time')
    await using producer = await startAnswering(acceptOnly([]), htmlPage, acceptOnly(['t-0']), () => ({
      status: 404,
      body: {},
    }))
    const error = await refusal(clientOf(producer.url).sendBatch(sleepTasks(2)))
    expect(error.failed).toEqual([{ id: 't-1', reason: '404', mayBeAccepted: true }])
    await using other = await startAnswering(uncertain)
    const [failed] = (await refusal(clientOf(other.url, { deadlineSeconds: 0 }).sendBatch(sleepTasks(1))))
      .failed
    expect(failed).toEqual({ id: 't-0', reason: 'no confirm in time', mayBeAccepted: true })
  })

  it('names the wrong task by its place in the call, and what was not sent for it', async () => {
    const wrong = { errors: [{ index: 1, path: '/payload', message: 'is wrong' }] }
    await using producer = await startAnswering(accept, () => ({ status: 400, body: wrong }))
    const error = await refusal(clientOf(producer.url).sendBatch(sleepTasks(2_500)))
    expect(error.message).toBe(`${producer.url} answered 400: task 1001: /payload is wrong`)
    expect(error.problem?.errors).toEqual([{ index: 1_001, path: '/payload', message: 'is wrong' }])
    expect([error.ids.length, error.accepted.length, error.failed.length]).toEqual([2_500, 1_000, 1_500])
    expect(error.failed.at(-1)).toEqual({ id: 't-2499', reason: 'not sent', mayBeAccepted: false })
  })

  it('refuses an id that two tasks have, and a payload that has no JSON', async () => {
    await using producer = await startAnswering()
    const client = clientOf(producer.url)
    const twice = await refusal(client.sendBatch([...sleepTasks(2), ...sleepTasks(1)]))
    expect(twice.message).toBe('tasks 0 and 2 have the same id t-0')
    const circle: Record<string, unknown> = {}
    circle['itself'] = circle
    expect((await refusal(client.send('sleep', circle))).cause).toBeInstanceOf(TypeError)
    expect(producer.requests).toEqual([])
  })
})

describe('a signal', () => {
  it('ends the wait before the next try', async () => {
    const stop = new AbortController()
    await using producer = await startAnswering(acceptOnly(['t-0'], 'queue full', '30'))
    const sending = clientOf(producer.url).sendBatch(sleepTasks(2), {
      signal: stop.signal,
      onTry: () => stop.abort(new Error('enough')),
    })
    const error = await refusal(sending)
    expect(error.message).toBe('stopped before 1 of 2 tasks were accepted: enough')
    expect(error).toMatchObject({ accepted: ['t-0'], cause: stop.signal.reason })
  })

  it('ends the request that is under way, whose tasks may be in the queue', async () => {
    const stop = new AbortController()
    await using producer = await startAnswering(async () => {
      stop.abort()
      return new Promise(() => undefined)
    })
    const error = await refusal(clientOf(producer.url).send('sleep', {}, { id: 'a', signal: stop.signal }))
    expect(error.failed).toMatchObject([{ id: 'a', mayBeAccepted: true }])
    expect(error.cause).toBe(stop.signal.reason)
  })

  it('that has fired already sends nothing', async () => {
    await using producer = await startAnswering()
    const error = await refusal(clientOf(producer.url).send('sleep', {}, { signal: AbortSignal.abort() }))
    expect(error.failed).toMatchObject([{ reason: 'not sent', mayBeAccepted: false }])
    expect(producer.requests).toEqual([])
  })
})
