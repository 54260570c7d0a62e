import { randomUUID } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, it } from 'vitest'
import { manage, path } from '../../services/amqp/management.ts'
import { brokerUser } from '../../services/contract/topology.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { sendingTasks } from '../support/sending-tasks.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'
import { startWorker, type WorkerLog, type WorkerProcess } from '../support/worker-process.ts'
import { workerWith } from '../support/worker-with.ts'

const bundles = workerWith(sendingTasks)

/**
 * A worker behind a line, with a task whose handler sends when it is told to.
 * @param hasSent whether the worker has a channel on which it has sent before
 */
async function createSender(
  payload: object,
  { hasSent = true, ...settings }: Parameters<typeof createQueue>[1] & { hasSent?: boolean } = {},
) {
  await using stack = new AsyncDisposableStack()
  const queue = stack.use(
    await createQueue(inject('broker'), { workerPublishes: true, retryMinSeconds: 0.1, ...settings }),
  )
  const { hostname, port } = new URL(inject('broker').amqpUrl)
  const line = stack.use(await startTcpProxy({ host: hostname, port: Number(port) }))
  const sign = join(tmpdir(), `warren-${randomUUID()}`)
  stack.defer(() => rmSync(sign, { force: true }))
  const BROKER_URL = `amqp://127.0.0.1:${line.port}`
  const worker = stack.use(startWorker(bundles(), { ...queue.environment('worker'), BROKER_URL }))
  // one to consume and one to publish
  await until(() => line.open === 2, { within: 60, what: 'both connections' })
  if (hasSent) {
    await queue.publish({ id: 'first', type: 'parent', payload: { children: 1 } })
    await worker.ended(2)
  }
  await queue.publish({ id: 'p', type: 'parent', payload: { ...payload, until: sign } })
  await worker.line('sending', { count: hasSent ? 2 : 1 })
  const moved = stack.move()
  return {
    ...{ queue, line, worker },
    send: () => writeFileSync(sign, ''),
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  }
}

/** The tries of the task and of what it has sent. */
const ended = (tries: WorkerLog['tries']) =>
  tries.filter(({ id }) => !id.startsWith('first')).map(({ id, outcome }) => `${id} ${outcome}`)
const endOf = async (worker: WorkerProcess) => (await worker.ended(3)).at(-1)

it('killed between its publish and its acknowledgement, it has sent twice, under the same ids', async () => {
  await using sender = await createSender({})
  const { queue, line, worker } = sender
  line.pause('answers')
  sender.send()
  await until(async () => (await queue.counts()).ready === 2, { within: 60, what: 'both children' })
  worker.kill('SIGKILL')
  await using next = startWorker(bundles(), queue.environment('worker'))
  const tries = await next.ended(5)
  expect(tries.filter(({ id }) => id === 'p').map((line) => [line.outcome, line.deliveryCount])).toEqual([
    ['done', 1],
  ])
  expect(ended(tries).toSorted()).toEqual(['p done', 'p.1 done', 'p.1 done', 'p.2 done', 'p.2 done'])
  expect(await queue.counts()).toMatchObject({ ready: 0 })
})

it('fails when the connection is lost before the confirms, keeps its task, and sends over a new one', async () => {
  await using sender = await createSender({})
  const { queue, line, worker } = sender
  line.pause('requests')
  sender.send()
  await until(() => line.held > 100, { within: 60, what: 'the children to be on their way' })
  await closeSendingConnection(queue)
  const first = await endOf(worker)
  expect(first).toMatchObject({
    id: 'p',
    outcome: 'failed',
    reason: expect.stringContaining('connection lost'),
  })
  line.resume()
  expect(ended(await worker.ended(6))).toEqual(['p failed', 'p done', 'p.1 done', 'p.2 done'])
})

it('fails when the queue is full, keeps its task, and sends when there is room', async () => {
  // a channel that is opened while the queue is full is refused from its first message on, an older one sooner or later
  const settings = { hasSent: false, maxLength: 5, deliveryLimit: 20 }
  await using sender = await createSender({ children: 200 }, settings)
  const { queue, worker } = sender
  const filler = () => queue.publish({ type: 'child', payload: { n: 0, text: '' } })
  // the limit is soft
  const refused = () =>
    filler().then(
      () => false,
      () => true,
    )
  await until(refused, { within: 60, what: 'the broker to refuse' })
  sender.send()
  const [first] = await worker.ended(1)
  expect(first).toMatchObject({
    id: 'p',
    outcome: 'failed',
    reason: expect.stringMatching(/200 tasks.*queue full/),
  })
  // the slot works off what is there, and comes back to it
  await worker.logs('the task to be done', ({ tries }) =>
    tries.some(({ id, outcome }) => id === 'p' && outcome === 'done'),
  )
})

it('is handed back uncounted when the drain is over before the confirms, and sends no more', async () => {
  await using sender = await createSender({ children: 100, bytes: 400_000 })
  const { queue, line, worker } = sender
  line.pause('requests')
  sender.send()
  worker.kill('SIGTERM')
  await worker.line('draining')
  // the second signal is the end of the drain's time
  worker.kill('SIGTERM')
  const only = await endOf(worker)
  expect([only?.outcome, only?.deliveryCount]).toEqual(['handed-back', 0])
  line.resume()
  expect(await worker.exit()).toBe(0)
  const left = new Map<string, number>()
  for (let message = await queue.take(); message; message = await queue.take())
    left.set(message.properties.messageId, message.properties.headers?.['x-delivery-count'] ?? 0)
  expect(left.get('p')).toBe(0)
  // a portion was on its way
  expect(left.size).toBeLessThan(100)
})

it('ends with code 1 when the broker refuses its password for the connection that publishes', async () => {
  await using sender = await createSender({})
  const { queue, worker } = sender
  await queue.changePassword('worker')
  await closeSendingConnection(queue)
  sender.send()
  await worker.line('access refused: the secret has changed, and a restart reads the new one')
  expect(await worker.exit()).toBe(1)
  expect(ended((await worker.whole()).tries)).toEqual(['p failed'])
  await using next = startWorker(bundles(), queue.environment('worker'))
  const tries = await next.ended(3)
  expect(tries.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual(['p done', 'p.1 done', 'p.2 done'])
})

async function closeSendingConnection(queue: TestQueue): Promise<void> {
  const { managementUrl, admin } = inject('broker')
  const access = { url: managementUrl, ...admin }
  const find = async () => {
    const all = (await manage(access, 'GET', 'connections')) as Connection[]
    const user = brokerUser(queue.name, 'worker')
    return all.find((each) => each.user === user && each.user_provided_name?.endsWith(' sends'))
  }
  const { name } = await until(find, { within: 60, what: 'the connection that publishes' })
  await manage(access, 'DELETE', path('connections', name))
}

interface Connection {
  readonly name: string
  readonly user: string
  readonly user_provided_name?: string
}
