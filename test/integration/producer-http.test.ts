import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { taskTypes } from '../../services/tasks/registry.ts'
import { startProducer, type TestProducer } from '../support/producer.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { readTasks } from '../support/read-tasks.ts'

let queue: TestQueue
let producer: TestProducer

beforeAll(async () => {
  queue = await createQueue(inject('broker'))
  producer = await startProducer(inject('bundles'), queue.environment('producer'))
})

afterAll(async () => {
  await producer[Symbol.asyncDispose]()
  await queue[Symbol.asyncDispose]()
})

const sleepTask = { type: 'sleep', payload: { ms: 1 } }

const published = () => readTasks(queue)

describe('accepted', () => {
  test('202 means that the task is in the queue, as it was sent', async () => {
    const answer = await producer.post({ id: 'order:1', type: 'sleep', payload: { ms: 5, note: 'Ünï' } })
    expect(answer).toMatchObject({ status: 202, body: { ids: ['order:1'] } })
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(await published()).toMatchObject([
      { id: 'order:1', type: 'sleep', payload: { ms: 5, note: 'Ünï' }, traceparent: undefined },
    ])
  })

  test('a task without an id gets a UUID of version 7', async () => {
    const { body } = await producer.post(sleepTask)
    expect(body.ids).toEqual([
      expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-/),
    ])
    expect(await published()).toMatchObject([{ id: body.ids[0] }])
  })

  test('a thousand tasks in one request are all confirmed, their ids in order', async () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => `bulk-${index}`)
    const { status, body } = await producer.post({ tasks: ids.map((id) => ({ ...sleepTask, id })) })
    expect(status).toBe(202)
    expect(body).toEqual({ ids })
    expect(await queue.counts()).toEqual({ ready: 1_000, consumers: 0 })
    expect((await published()).map(({ id }) => id)).toEqual(ids)
  })

  test('a thousand tasks of four kilobytes are too, with ids that are given to them in ascending order', async () => {
    const payload = { ms: 1, filler: 'x'.repeat(4_000) }
    const { status, body } = await producer.post({
      tasks: Array.from({ length: 1_000 }, () => ({ type: 'sleep', payload })),
    })
    expect(status).toBe(202)
    expect(body.ids).toEqual([...new Set<string>(body.ids)].sort())
    expect(await published()).toHaveLength(1_000)
  })

  test('a payload of exactly the largest message', async () => {
    const { status } = await producer.post({ type: 'sleep', payload: payloadOf(524_288) })
    expect(status).toBe(202)
    expect(await published()).toHaveLength(1)
  })

  test('a body in base64, as an API Gateway hands on what it takes for binary', async () => {
    const event = httpEvent({
      body: Buffer.from(JSON.stringify({ ...sleepTask, id: 'b64' })).toString('base64'),
    })
    expect(await producer.invoke({ ...event, isBase64Encoded: true })).toMatchObject({
      statusCode: 202,
      body: '{"ids":["b64"]}',
    })
    expect(await published()).toMatchObject([{ id: 'b64' }])
  })

  test('a valid traceparent goes along, another does not', async () => {
    const valid = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    const type = { 'content-type': 'application/json; charset=utf-8' }
    await producer.post({ ...sleepTask, id: 'traced' }, { ...type, traceparent: valid })
    await producer.post(
      { ...sleepTask, id: 'zeros' },
      { ...type, traceparent: valid.replace(/b/g, '0').replace(/-4.*-0/, `-${'0'.repeat(32)}-0`) },
    )
    expect(await published()).toMatchObject([
      { id: 'traced', traceparent: valid },
      { id: 'zeros', traceparent: undefined },
    ])
  })

  test('requests that arrive together, with the same ids', async () => {
    const tasks = Array.from({ length: 50 }, (_, index) => ({ ...sleepTask, id: `same-${index}` }))
    const answers = await Promise.all(Array.from({ length: 20 }, () => producer.post({ tasks })))
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(202))
    expect(await queue.counts()).toMatchObject({ ready: 1_000 })
    await published()
  })
})

describe('direct invocation', () => {
  test('takes the request itself and gives the body', async () => {
    expect(await producer.invoke({ tasks: [{ ...sleepTask, id: 'direct' }] })).toEqual({ ids: ['direct'] })
    expect(await published()).toMatchObject([{ id: 'direct' }])
  })

  test('fails with the problem document', async () => {
    const error = await producer.invoke({ type: 'sleep' }).catch((thrown: Error) => thrown)
    expect(JSON.parse((error as Error).message)).toMatchObject({
      status: 400,
      errors: [{ index: 0, path: '/payload' }],
    })
    await expect(producer.invoke(null)).rejects.toThrow('"status":400')
    await expect(producer.invoke('x')).rejects.toThrow('"status":400')
  })
})

describe('refused', () => {
  test('400 names every error, and nothing is published', async () => {
    const { status, headers, body } = await producer.post({
      tasks: [
        { ...sleepTask, id: 'a' },
        { type: 'sleep', payload: { ms: -1 } },
        { type: 'slumber', payload: {} },
        { ...sleepTask, id: 'a' },
        { ...sleepTask, id: 'no spaces', urgency: 9 },
        7,
      ],
    })
    expect(status).toBe(400)
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(body).toMatchObject({ type: 'about:blank', title: 'Bad Request', status: 400 })
    expect(body.errors).toEqual([
      { index: 1, path: '/payload/ms', message: expect.any(String) },
      { index: 2, path: '/type', message: 'no task type "slumber": there are sleep, digest' },
      { index: 3, path: '/id', message: 'is also the id of task 0' },
      { index: 4, path: '/id', message: 'must be 1 to 128 of A-Z a-z 0-9 . _ : -' },
      { index: 4, path: '', message: expect.stringContaining('urgency') },
      { index: 5, path: '', message: expect.any(String) },
    ])
    expect(await queue.counts()).toMatchObject({ ready: 0 })
  })

  test.each([
    ['no JSON', '{'],
    ['nothing', ''],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['a list', '[]'],
    ['null', 'null'],
    ['no tasks', '{"tasks":[]}'],
    ['tasks that are no list', '{"tasks":{}}'],
    ['a task beside the tasks', JSON.stringify({ tasks: [sleepTask], ...sleepTask })],
    ['1,001 tasks', JSON.stringify({ tasks: Array(1_001).fill(sleepTask) })],
    [
      'a payload nested too deeply',
      `{"type":"sleep","payload":{"ms":1,"x":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`,
    ],
    ['an id of 129 characters', JSON.stringify({ ...sleepTask, id: 'x'.repeat(129) })],
    ['a type named like what every object has', '{"type":"constructor","payload":{}}'],
  ])('400 for %s', async (_, body) => {
    const answer = await producer.post(body)
    expect(answer).toMatchObject({
      status: 400,
      body: { status: 400, errors: [{ message: expect.any(String) }] },
    })
    expect(await queue.counts()).toMatchObject({ ready: 0 })
  })

  test('400 stays small however much is wrong', async () => {
    const tasks = Array.from({ length: 1_000 }, () => ({
      type: 'sleep',
      payload: {},
      ['k'.repeat(2_000)]: 1,
    }))
    const { status, body } = await producer.post({ tasks })
    expect(status).toBe(400)
    expect(body.detail).toContain('the first 100 of 1000 errors follow')
    expect(JSON.stringify(body).length).toBeLessThan(100_000)
  })

  test('413 for a payload over the largest message says which and how large', async () => {
    const { status, body } = await producer.post({
      tasks: [sleepTask, { type: 'sleep', payload: payloadOf(524_289) }],
    })
    expect(status).toBe(413)
    expect(body).toMatchObject({ title: 'Payload Too Large', index: 1, bytes: 524_289, limit: 524_288 })
    expect(await queue.counts()).toMatchObject({ ready: 0 })
  })

  test('413 for a body over 4 MiB says how large', async () => {
    const { status, body } = await producer.post(' '.repeat(4_194_305))
    expect(status).toBe(413)
    expect(body).toMatchObject({ bytes: 4_194_305, limit: 4_194_304 })
  })

  test.each([
    ['another path', 'GET', '/', 404],
    ['a path named like what every object has', 'GET', '/constructor', 404],
    ['GET of the tasks', 'GET', '/tasks', 405],
    ['DELETE of the queue', 'DELETE', '/queue', 405],
  ])('%s', async (_, method, path, status) => {
    const response = await fetch(`${producer.url}${path}`, { method })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ type: 'about:blank', status })
    expect(response.headers.get('allow')).toBe({ 404: null, 405: path === '/tasks' ? 'POST' : 'GET' }[status])
  })

  test.each([
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['text', { 'content-type': 'text/plain' }],
    ['compressed JSON', { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
    ['JSON of a name that only begins so', { 'content-type': 'application/jsonp' }],
  ])('415 for %s', async (_, headers) => {
    expect(await producer.post(JSON.stringify(sleepTask), headers)).toMatchObject({
      status: 415,
      body: { status: 415 },
    })
  })

  test('415 without a content type', async () => {
    const event = httpEvent({ body: JSON.stringify(sleepTask) })
    expect(await producer.invoke({ ...event, headers: {} })).toMatchObject({ statusCode: 415 })
  })
})

test('GET /queue tells what waits', async () => {
  await queue.publish(sleepTask, sleepTask, sleepTask)
  expect(await producer.get('/queue')).toMatchObject({ status: 200, body: { ready: 3, consumers: 0 } })
  await published()
})

test('GET /openapi.json serves what others can send, with every task type', async () => {
  const { status, headers, body } = await producer.get('/openapi.json')
  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('application/json')
  expect(Object.keys(body.paths)).toEqual(expect.arrayContaining(['/tasks', '/queue', '/openapi.json']))
  const types = taskTypes.map(({ type }) => `task.${type}`)
  expect(Object.keys(body.components.schemas)).toEqual(expect.arrayContaining(types))
})

/** A payload that has so many bytes as JSON. */
function payloadOf(bytes: number) {
  const empty = JSON.stringify({ ms: 1, filler: '' }).length
  return { ms: 1, filler: 'x'.repeat(bytes - empty) }
}

function httpEvent(request: object) {
  return {
    version: '2.0',
    rawPath: '/tasks',
    headers: { 'content-type': 'application/json' },
    requestContext: { http: { method: 'POST' } },
    isBase64Encoded: false,
    ...request,
  }
}
