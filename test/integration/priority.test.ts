import { expect, inject, test } from 'vitest'
import { invokeLambda } from '../support/lambda.ts'
import { startProducer } from '../support/producer.ts'
import { createQueue } from '../support/queue.ts'
import { until } from '../support/until.ts'
import { startWorker } from '../support/worker-process.ts'

const task = (id: string, priority?: number) => ({ id, type: 'sleep', payload: { ms: 1 }, priority })

test('of the tasks that wait the one with the highest priority is next, and of those the oldest', async () => {
  await using queue = await createQueue(inject('broker'))
  await using producer = await startProducer(inject('bundles'), queue.environment('producer'))
  const tasks = [
    task('low', 0),
    task('none'),
    task('default', 4),
    task('high', 31),
    task('above', 5),
    task('high-2', 31),
  ]
  expect(await producer.post({ tasks })).toMatchObject({ status: 202 })
  await using worker = startWorker(inject('bundles'), queue.environment('worker'))
  const tries = await worker.ended(tasks.length)
  expect(tries.map(({ id, priority }) => [id, priority])).toEqual([
    ['high', 31],
    ['high-2', 31],
    ['above', 5],
    ['none', 4],
    ['default', 4],
    ['low', 0],
  ])
})

test('a task keeps its priority through retries, as a dead letter and when it is redriven', async () => {
  await using queue = await createQueue(inject('broker'), { deliveryLimit: 1, retryMaxSeconds: 1 })
  await queue.publishRaw(Buffer.from('{}'), {
    messageId: 'dies',
    type: 'none',
    priority: 9,
    persistent: true,
  })
  await using worker = startWorker(inject('bundles'), queue.environment('worker'))
  const tries = await worker.ended(2)
  expect(tries.map(({ id, priority, outcome }) => [id, priority, outcome])).toEqual(
    Array(2).fill(['dies', 9, 'unknown-type']),
  )
  await until(async () => (await queue.counts(queue.dead)).ready === 1, {
    within: 60,
    what: 'the dead letter',
  })
  worker.kill('SIGTERM')
  await worker.exit()
  const request = { action: 'redrive', dryRun: false }
  const { result } = await invokeLambda(inject('bundles'), 'operator', queue.environment('operator'), request)
  expect(result).toMatchObject({ moved: 1 })
  expect(await queue.take()).toMatchObject({ properties: { messageId: 'dies', priority: 9 } })
})

test.each([-1, 32, 1.5, '5', null])(
  'a priority of %j is refused, and nothing is published',
  async (priority) => {
    await using queue = await createQueue(inject('broker'))
    await using producer = await startProducer(inject('bundles'), queue.environment('producer'))
    const { status, body } = await producer.post({ tasks: [task('good'), { ...task('bad'), priority }] })
    expect(status).toBe(400)
    expect(body.errors).toEqual([
      { index: 1, path: '/priority', message: expect.stringContaining('from 0 to 31') },
    ])
    expect(await queue.counts()).toMatchObject({ ready: 0 })
  },
)
