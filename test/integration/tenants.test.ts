import { expect, inject, test } from 'vitest'
import { invokeLambda } from '../support/lambda.ts'
import { startProducer } from '../support/producer.ts'
import { createQueue } from '../support/queue.ts'
import { readTasks } from '../support/read-tasks.ts'
import { until } from '../support/until.ts'
import { startWorker } from '../support/worker-process.ts'

const task = (id: string, others: object = {}) => ({ id, type: 'sleep', payload: { ms: 1 }, ...others })

test('three tasks of a tenant go before the many that another sent earlier', async () => {
  await using queue = await createQueue(inject('broker'))
  await using producer = await startProducer(inject('bundles'), queue.environment('producer'))
  const noisy = Array.from({ length: 200 }, (_, n) => task(`noisy-${n}`, { tenant: 'noisy' }))
  expect(await producer.post({ tasks: noisy })).toMatchObject({ status: 202 })
  const quiet = Array.from({ length: 3 }, (_, n) => task(`quiet-${n}`, { tenant: 'quiet' }))
  expect(await producer.post({ tasks: quiet })).toMatchObject({ status: 202 })
  await using worker = startWorker(inject('bundles'), queue.environment('worker'))
  const tries = await worker.ended(203)
  const places = tries.flatMap(({ tenant }, place) => (tenant === 'quiet' ? [place] : []))
  // all its three before all but the noisy one's first, which it had sent when it had sent no more than that
  expect(places.every((place) => place < 30)).toBe(true)
  expect(new Set(tries.map(({ tenant }) => tenant))).toEqual(new Set(['noisy', 'quiet']))
})

test('the tasks of one request count for those after them, whatever stands between', async () => {
  await using queue = await createQueue(inject('broker'))
  await using producer = await startProducer(inject('bundles'), queue.environment('producer'))
  const tasks = Array.from({ length: 300 }, (_, n) => [
    task(`a-${n}`, { tenant: 'a', priority: 20 }),
    task(`b-${n}`, { tenant: 'b' }),
    task(`none-${n}`),
    task(`named-${n}`, { priority: 6 }),
  ]).flat()
  for (const part of [tasks.slice(0, 600), tasks.slice(600)]) {
    expect(await producer.post({ tasks: part })).toMatchObject({ status: 202 })
  }
  const read = await readTasks(queue)
  // in the order of sending, the priority never rises
  const byNumber = read.toSorted((one, other) => numberOf(one.id) - numberOf(other.id))
  const priorities = (name: string) =>
    byNumber.filter(({ id }) => id.startsWith(`${name}-`)).map(({ priority }) => priority ?? Number.NaN)
  for (const [tenant, own] of [
    ['a', 20],
    ['b', 4],
  ] as const) {
    expect(priorities(tenant)[0]).toBe(own)
    expect(priorities(tenant)).toEqual(priorities(tenant).toSorted((one, other) => other - one))
    expect(priorities(tenant).at(-1)).toBeLessThan(own / 2)
  }
  expect(new Set(priorities('none'))).toEqual(new Set([4]))
  expect(new Set(priorities('named'))).toEqual(new Set([6]))
  expect(new Set(read.map(({ tenant }) => tenant))).toEqual(new Set(['a', 'b', undefined]))
})

test('a task keeps tenant and lowered priority through retries, as a dead letter and when it is redriven', async () => {
  await using queue = await createQueue(inject('broker'), { deliveryLimit: 1, retryMaxSeconds: 1 })
  await queue.publishRaw(Buffer.from('{}'), {
    messageId: 'dies',
    type: 'none',
    priority: 1,
    persistent: true,
    headers: { 'warren-tenant': 'acme' },
  })
  await using worker = startWorker(inject('bundles'), queue.environment('worker'))
  const tries = await worker.ended(2)
  expect(tries.map(({ id, priority, tenant }) => [id, priority, tenant])).toEqual(
    Array(2).fill(['dies', 1, 'acme']),
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
  expect(await readTasks(queue)).toMatchObject([{ id: 'dies', priority: 1, tenant: 'acme' }])
})

test('a bad tenant is refused by its name, and nothing is published', async () => {
  await using queue = await createQueue(inject('broker'))
  await using producer = await startProducer(inject('bundles'), queue.environment('producer'))
  for (const tenant of ['', 'a b', 'ä', 'x'.repeat(129), 5, null, {}]) {
    const { status, body } = await producer.post({ tasks: [task('good'), task('bad', { tenant })] })
    expect(status).toBe(400)
    expect(body.errors).toEqual([{ index: 1, path: '/tenant', message: expect.any(String) }])
  }
  expect(await queue.counts()).toMatchObject({ ready: 0 })
})

test("a foreign client's odd tenant counts as none, and its task is done", async () => {
  await using queue = await createQueue(inject('broker'))
  const odd = ['', 'a b', 'x'.repeat(129), 5, true, { tenant: 'a' }]
  for (const [index, tenant] of odd.entries()) {
    await queue.publishRaw(Buffer.from('{ "ms": 1 }'), {
      messageId: `odd-${index}`,
      type: 'sleep',
      headers: { 'warren-tenant': tenant },
    })
  }
  await using worker = startWorker(inject('bundles'), queue.environment('worker'))
  const tries = await worker.ended(odd.length)
  expect(tries.map(({ outcome }) => outcome)).toEqual(odd.map(() => 'done'))
  expect(tries.some((line) => 'tenant' in line)).toBe(false)
})

function numberOf(id: string): number {
  return Number(id.split('-')[1])
}
