import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { type LedgerProcess, startLedger } from '../../local/ledger-process.ts'
import { taskStatus } from '../../services/contract/ledger.ts'
import { LedgerTable } from '../../services/ledger/table.ts'
import { startProducer, type TestProducer } from '../support/producer.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { readTasks } from '../support/read-tasks.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

let ledger: LedgerProcess
/** The line between producer and ledger. */
let line: TcpProxy
let queue: TestQueue
let producer: TestProducer
let table: LedgerTable
const stack = new AsyncDisposableStack()

beforeAll(async () => {
  ledger = await startLedger()
  stack.defer(() => ledger.stop())
  const { hostname, port } = new URL(ledger.variables.LEDGER_ENDPOINT ?? '')
  line = stack.use(await startTcpProxy({ host: hostname, port: Number(port) }))
  queue = stack.use(await createQueue(inject('broker')))
  producer = stack.use(await startProducer(inject('ledgerBundles'), variables()))
  const { LEDGER_TABLE: name, LEDGER_ENDPOINT: endpoint } = ledger.variables
  table = new LedgerTable({ name, endpoint, deadlineMs: 5_000 })
  stack.defer(() => table.close())
})
afterAll(() => stack.disposeAsync())
beforeEach(async () => {
  await readTasks(queue)
})

const variables = () => ({
  ...queue.environment('producer'),
  ...ledger.variables,
  LEDGER_ENDPOINT: `http://127.0.0.1:${line.port}`,
})
const sleepTask = { type: 'sleep', payload: { ms: 1 } }
const newKey = () => `key-${randomUUID()}`
const idsInQueue = async () => (await readTasks(queue)).map(({ id }) => id)

describe('what was accepted', () => {
  test('can be asked for at once, also of a thousand', async () => {
    const { status, body } = await producer.post({ tasks: Array(1_000).fill(sleepTask) })
    expect(status).toBe(202)
    for (const id of [body.ids[0], body.ids[999]]) {
      const answer = await producer.get(`/tasks/${id}`)
      expect(answer.status).toBe(200)
      expect(taskStatus.parse(answer.body)).toEqual(answer.body)
      expect(answer.body).toMatchObject({ id, type: 'sleep', state: 'accepted', tries: 0 })
    }
    expect(await idsInQueue()).toEqual(body.ids)
  })

  test('its record holds no payload, and is kept for the days of the setting from when it is due', async () => {
    const at = Date.now() / 1_000
    const secret = randomUUID()
    const { body } = await producer.post({ ...sleepTask, payload: { ms: 1, secret }, delaySeconds: 86_400 })
    const [item, ...others] = await table.read(body.ids[0])
    expect(others).toEqual([])
    expect(JSON.stringify(item)).not.toContain(secret)
    expect(item?.expires).toBeGreaterThanOrEqual(at + 8 * 86_400)
    expect(item?.expires).toBeLessThan(at + 8 * 86_400 + 60)
  })

  test('of an id with a colon, however it is written', async () => {
    await producer.post({ ...sleepTask, id: 'order:7' })
    expect((await producer.get('/tasks/order:7')).body).toMatchObject({ id: 'order:7' })
    expect((await producer.get('/tasks/order%3A7')).body).toMatchObject({ id: 'order:7' })
  })

  test('404 for an id that was never accepted, and one that has expired; 405 for another method', async () => {
    for (const path of ['/tasks/nobody', '/tasks/%E0%A4%A'])
      expect((await producer.get(path)).body).toMatchObject({ status: 404, detail: /^no such task/ })
    await table.write([
      {
        id: 'old',
        part: 'accepted',
        type: 'sleep',
        acceptedAt: 1,
        expires: Math.floor(Date.now() / 1_000) - 1,
      },
    ])
    expect((await producer.get('/tasks/old')).status).toBe(404)
    const { statusCode, headers } = (await producer.invoke(event('DELETE', '/tasks/old'))) as Response
    expect([statusCode, headers['allow']]).toEqual([405, 'GET'])
  })
})

interface Response {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
}
const event = (method: string, rawPath: string) => ({ rawPath, requestContext: { http: { method } } })

describe('?wait', () => {
  test('answers when the task has come to its end', async () => {
    const { body } = await producer.post(sleepTask)
    const [id] = body.ids
    const waiting = producer.get(`/tasks/${id}?wait=20`)
    const end = { id, type: 'sleep', state: 'done', tries: 1, endedAt: Date.now(), result: '{"pages":3}' }
    await table.write([{ ...end, part: 'end', expires: Date.now() }])
    expect((await waiting).body).toMatchObject({ id, state: 'done', result: { pages: 3 } })
  })

  test('answers after that time with what is known', async () => {
    const { body } = await producer.post(sleepTask)
    const from = performance.now()
    const answer = await producer.get(`/tasks/${body.ids[0]}?wait=1`)
    expect(performance.now() - from).toBeGreaterThanOrEqual(990)
    expect(answer).toMatchObject({ status: 200, body: { state: 'accepted' } })
  })

  test.each(['0', '21', '1.5', '', 'long'])('%j is no time to wait', async (wait) => {
    const { status, body } = await producer.get(`/tasks/any?wait=${wait}`)
    expect({ status, errors: body.errors }).toEqual({
      status: 400,
      errors: [{ index: null, path: '/wait', message: 'must be a whole number of seconds from 1 to 20' }],
    })
  })
})

describe('unique', () => {
  test('the second request with a key gets the id of the first, and nothing is published', async () => {
    const unique = newKey()
    const first = await producer.post({ ...sleepTask, unique })
    const second = await producer.post({ ...sleepTask, unique, id: 'another' })
    expect([first.status, second.status]).toEqual([202, 202])
    expect(second.body).toEqual(first.body)
    expect(await idsInQueue()).toEqual(first.body.ids)
    expect((await producer.get('/tasks/another')).status).toBe(404)
  })

  test('of fifty requests at once with the same key, one task is published', async () => {
    const unique = newKey()
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => producer.post({ ...sleepTask, unique })),
    )
    const accepted = answers.filter(({ status }) => status === 202)
    const ids = new Set(accepted.flatMap(({ body }) => body.ids))
    expect(ids.size).toBe(1)
    // who cannot wait any longer is told to ask again; so is who the table, which fifty want at once, keeps waiting
    for (const { body } of answers.filter(({ status }) => status !== 202))
      expect(body).toMatchObject({
        status: 503,
        failed: [{ reason: expect.stringMatching(/^(unique key in use|no ledger)$/) }],
      })
    expect(await idsInQueue()).toEqual([...ids])
  })

  test('in a batch: with others, twice the same, and one that is taken', async () => {
    const [taken, free] = [newKey(), newKey()]
    const [id] = (await producer.post({ ...sleepTask, unique: taken })).body.ids
    await readTasks(queue)
    const { body } = await producer.post({
      tasks: [
        { ...sleepTask, id: 'plain' },
        { ...sleepTask, id: 'one', unique: free },
        { ...sleepTask, id: 'two', unique: free },
        { ...sleepTask, id: 'three', unique: taken },
      ],
    })
    expect(body).toEqual({ ids: ['plain', 'one', 'one', id] })
    expect(await idsInQueue()).toEqual(['plain', 'one'])
  })

  test('the key is free again after its time', async () => {
    const unique = newKey()
    const [first] = (await producer.post({ ...sleepTask, unique, uniqueSeconds: 1 })).body.ids
    // the time of the key, in whole seconds
    const second = await until(
      async () => {
        const { body } = await producer.post({ ...sleepTask, unique, uniqueSeconds: 1 })
        return body.ids[0] !== first && body.ids[0]
      },
      { within: 60, what: 'the key to be free' },
    )
    expect(await idsInQueue()).toEqual([first, second])
  })

  test('a request that was sent again, with the same id, is published once', async () => {
    const task = { ...sleepTask, id: randomUUID(), unique: newKey() }
    expect((await producer.post(task)).body).toEqual({ ids: [task.id] })
    expect((await producer.post(task)).body).toEqual({ ids: [task.id] })
    expect(await idsInQueue()).toEqual([task.id])
  })

  test('a key whose request has died before the confirm is taken over, under the id of that request', async () => {
    const unique = newKey()
    const died = { id: `unique#${unique}`, part: 'unique', task: 'first', expires: Date.now() } as const
    await table.write([{ ...died, at: Date.now() - 10_000 }])
    const early = await producer.post({ ...sleepTask, id: 'second', unique })
    expect(early.body).toMatchObject({ status: 503, failed: [{ id: 'first', reason: 'unique key in use' }] })
    await table.write([{ ...died, at: Date.now() - 31_000 }])
    expect((await producer.post({ ...sleepTask, id: 'second', unique })).body).toEqual({ ids: ['first'] })
    expect((await producer.post({ ...sleepTask, id: 'third', unique })).body).toEqual({ ids: ['first'] })
    expect(await idsInQueue()).toEqual(['first'])
  })

  test.each([
    [{ unique: 'no spaces' }, '/unique', /^must be 1 to 128 of/],
    [{ unique: 'k', uniqueSeconds: 0 }, '/uniqueSeconds', /from 1 to 604800$/],
    [{ unique: 'k', uniqueSeconds: 604_801 }, '/uniqueSeconds', /from 1 to 604800$/],
    [{ unique: 'k', uniqueSeconds: 1.5 }, '/uniqueSeconds', /whole number/],
    [{ uniqueSeconds: 5 }, '/uniqueSeconds', /goes with unique/],
  ])('%j is refused', async (wrong, path, message) => {
    const { status, body } = await producer.post({ tasks: [sleepTask, { ...sleepTask, ...wrong }] })
    expect(status).toBe(400)
    expect(body.errors).toEqual([{ index: 1, path, message: expect.stringMatching(message) }])
    expect(await idsInQueue()).toEqual([])
  })
})

describe('what the broker refuses', () => {
  test('leaves neither a record nor a key, but a record where the client gave the id', async () => {
    const full = stack.use(await createQueue(inject('broker')))
    const other = stack.use(
      await startProducer(inject('ledgerBundles'), { ...variables(), ...full.environment('producer') }),
    )
    await full.deleteWork()
    const unique = newKey()
    const { status, body } = await other.post({
      tasks: [
        { ...sleepTask, unique },
        { ...sleepTask, id: 'given' },
      ],
    })
    expect({ status, accepted: body.accepted }).toEqual({ status: 503, accepted: [] })
    expect((await producer.get(`/tasks/${body.ids[0]}`)).status).toBe(404)
    expect((await producer.get('/tasks/given')).body).toMatchObject({ state: 'accepted' })
    const again = await producer.post({ ...sleepTask, id: 'again', unique })
    expect(again.body).toEqual({ ids: ['again'] })
  })

  test('leaves the key of a task that an earlier request may have published', async () => {
    const broken = stack.use(await createQueue(inject('broker')))
    const other = stack.use(
      await startProducer(inject('ledgerBundles'), { ...variables(), ...broken.environment('producer') }),
    )
    await broken.deleteWork()
    const unique = newKey()
    const task = { ...sleepTask, id: randomUUID(), unique }
    // as a request leaves it whose connection was lost before the confirm
    const key = { id: `unique#${unique}`, part: 'unique', task: task.id, at: Date.now() } as const
    await table.write([{ ...key, expires: Date.now() }])
    expect((await other.post(task)).status).toBe(503)
    const next = await producer.post({ ...sleepTask, id: 'next', unique })
    expect(next.body.failed).toEqual([{ id: task.id, reason: 'unique key in use' }])
    expect((await producer.post(task)).body).toEqual({ ids: [task.id] })
    expect(await idsInQueue()).toEqual([task.id])
  })
})

describe('while the ledger is away', () => {
  test('a connection that hangs is given up for another, in time', async () => {
    await producer.post(sleepTask)
    line.pause()
    expect((await producer.post(sleepTask)).status).toBe(202)
    line.cut()
    await readTasks(queue)
  })

  test('503 names every task, nothing is published, and afterwards all is as before', async () => {
    const unique = newKey()
    line.refuse(true)
    line.cut()
    const answer = await producer.post({
      tasks: [
        { ...sleepTask, id: 'a' },
        { ...sleepTask, id: 'b', unique },
      ],
    })
    expect(answer.headers.get('retry-after')).toBe('5')
    expect(answer.body).toMatchObject({
      status: 503,
      ids: ['a', 'b'],
      accepted: [],
      failed: [
        { id: 'a', reason: 'no ledger' },
        { id: 'b', reason: 'no ledger' },
      ],
    })
    expect((await producer.get('/tasks/a')).status).toBe(503)
    expect(await idsInQueue()).toEqual([])
    line.refuse(false)
    const again = await producer.post({
      tasks: [
        { ...sleepTask, id: 'a' },
        { ...sleepTask, id: 'b', unique },
      ],
    })
    expect(again.body).toEqual({ ids: ['a', 'b'] })
    expect(await idsInQueue()).toEqual(['a', 'b'])
  })
})

test('without a ledger there is no such path, and no key', async () => {
  const plain = stack.use(await startProducer(inject('bundles'), queue.environment('producer')))
  expect((await plain.get('/tasks/any')).body).toMatchObject({
    status: 404,
    detail: /keeps no ledger.*workQueue\.ledger/,
  })
  const { status, body } = await plain.post({ ...sleepTask, unique: 'k' })
  expect(status).toBe(400)
  expect(body.errors).toEqual([
    { index: 0, path: '/unique', message: expect.stringContaining('workQueue.ledger') },
  ])
  expect(await idsInQueue()).toEqual([])
})
