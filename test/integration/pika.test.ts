import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, inject, type TestContext, test } from 'vitest'
import type { UserRole } from '../../services/contract/topology.ts'
import { amqpUrl, pika } from '../support/pika.ts'
import { startProducer } from '../support/producer.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { readTasks } from '../support/read-tasks.ts'

/** The format on the wire, checked with a client that nobody here wrote. */
let installed: Awaited<ReturnType<typeof pika>>
beforeAll(async () => {
  installed = await pika()
})

const run = promisify(execFile)

/** Runs pika-client.py as a user of the queue. */
async function client(queue: TestQueue, role: UserRole, request: object) {
  const script = join(import.meta.dirname, 'pika-client.py')
  const running = run('python3', [script], { env: { ...process.env, ...Object(installed) } })
  const url = amqpUrl(queue.environment(role))
  running.child.stdin?.end(JSON.stringify({ url, queue: queue.name, ...request }))
  return JSON.parse((await running).stdout)
}

function needsPika(context: TestContext): void {
  if (typeof installed === 'string') context.skip(installed)
}

test('a worker can read the tasks that pika publishes', async (context) => {
  needsPika(context)
  await using queue = await createQueue(inject('broker'))
  await client(queue, 'producer', {
    publish: [
      { properties: { message_id: 'least', type: 'sleep' }, body: '{"ms": 1}' },
      {
        properties: {
          message_id: 'most',
          type: 'digest',
          content_type: 'application/json',
          delivery_mode: 2,
          priority: 2,
          timestamp: 1_800_000_000,
          headers: {
            'warren-version': 1,
            'warren-queued-at': 1_800_000_000_123,
            'warren-tenant': 'acme',
            traceparent,
          },
        },
        body: '{"rounds": 2, "note": "Ünï"}',
      },
    ],
  })
  expect(await readTasks(queue)).toEqual([
    {
      id: 'least',
      type: 'sleep',
      payload: { ms: 1 },
      queuedAt: 0,
      priority: 4,
      tenant: undefined,
      traceparent: undefined,
    },
    {
      id: 'most',
      type: 'digest',
      payload: { rounds: 2, note: 'Ünï' },
      queuedAt: 1_800_000_000_123,
      priority: 2,
      tenant: 'acme',
      traceparent,
    },
  ])
})

test('pika can read the tasks that the producer publishes', async (context) => {
  needsPika(context)
  await using queue = await createQueue(inject('broker'))
  await using producer = await startProducer(inject('bundles'), queue.environment('producer'))
  const headers = { 'content-type': 'application/json', traceparent }
  await producer.post({ id: 'a', type: 'sleep', payload: { ms: 1.5, note: 'Ünï' } }, headers)
  const [task] = await client(queue, 'worker', { take: 1 })
  expect(JSON.parse(task.body)).toEqual({ ms: 1.5, note: 'Ünï' })
  expect(task).toMatchObject({ redelivered: false })
  expect(task.properties).toEqual({
    message_id: 'a',
    type: 'sleep',
    content_type: 'application/json',
    delivery_mode: 2,
    timestamp: expect.any(Number),
    headers: { 'warren-version': 1, 'warren-queued-at': expect.any(Number), traceparent },
  })
  const queuedAt: number = task.properties.headers['warren-queued-at']
  expect(task.properties.timestamp).toBe(Math.floor(queuedAt / 1_000))
  expect(Math.abs(Date.now() - queuedAt)).toBeLessThan(60_000)
})

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
