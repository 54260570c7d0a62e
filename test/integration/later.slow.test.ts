import { setTimeout as pause } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import { startNode } from '../../local/broker/start.ts'
import { manage, path } from '../../services/amqp/management.ts'
import { laterQueue } from '../../services/contract/route.ts'
import { type QueueFigures, readQueue } from '../../services/probe/figures.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { managementOf } from '../support/topology.ts'
import { until } from '../support/until.ts'
import { startWorker } from '../support/worker-process.ts'

/** The broker's dead_letter_worker_publisher_confirm_timeout, and some more. */
const retrySeconds = 180 + 60

test('a broker that is killed and away for a while has all tasks for later: what is overdue comes at once, the rest on time', async () => {
  const node = await startNode({ env: process.env, progress: () => undefined })
  await using stack = new AsyncDisposableStack()
  stack.defer(() => node.stop())
  const queue = await createQueue(node)
  // a queue that is seconds old can be lost with its node: README, Limits
  await node.flush()
  const delays = [4, 6, 7, 30, 31]
  const due = new Map<string, number>()
  for (const delay of delays) due.set(await queue.publishLater(delay), Date.now() + delay * 1_000)
  await node.kill()
  // those of the first seconds are due while nobody is there
  await pause(10_000)
  await node.start()
  const back = Date.now()
  await using worker = startWorker(inject('bundles'), queue.environment('worker'))
  const tries = await worker.ended(delays.length, { within: 60 })
  expect(tries.map(({ id }) => id)).toEqual([...due.keys()])
  for (const { id, startedAt, deliveryCount, outcome } of tries) {
    const at = due.get(id) ?? 0
    expect([outcome, deliveryCount]).toEqual(['done', 0])
    expect(Date.parse(startedAt)).toBeGreaterThanOrEqual(at - 50)
    if (at > back + 5_000) expect(Date.parse(startedAt) - at).toBeLessThan(1_000)
  }
})

test('a task that is due while the work queue is full waits on its level, and comes when there is room', async () => {
  await using queue = await createQueue(broker, { maxLength: 1 })
  // the limit is soft: what is over it is refused sooner or later
  for (let refused = false; !refused; )
    refused = await queue.publish({ type: 'sleep', payload: { ms: 1 } }).then(
      () => false,
      () => true,
    )
  const id = await queue.publishLater(1)
  await until(async () => (await heldBack(queue)) === 1, { within: 60, what: 'it is due and held back' })
  expect(await look(queue)).toMatchObject({ later: 1 })
  await queue.purge()
  const came = await until(() => queue.take(), { within: retrySeconds, what: 'the broker tries again' })
  expect(came.properties.messageId).toBe(id)
})

const broker = inject('broker')

/** Tasks that level 0 could not pass on. */
async function heldBack(queue: TestQueue): Promise<number> {
  const level = path('queues', broker.vhost, laterQueue(queue.name, 0))
  const { messages_dlx } = (await manage(managementOf(broker), 'GET', level)) as { messages_dlx: number }
  return messages_dlx
}

async function look(queue: TestQueue): Promise<QueueFigures> {
  const { BROKER_USERNAME: username, BROKER_PASSWORD: password } = queue.environment('probe')
  return readQueue({ url: broker.managementUrl, username, password }, broker.vhost, queue.name)
}
