import { expect, inject, test } from 'vitest'
import { invokeLambda } from '../support/lambda.ts'
import { createQueue } from '../support/queue.ts'
import { until } from '../support/until.ts'
import { startWorker } from '../support/worker-process.ts'

/** Publishes 24 KB of headers, by the management API: no decoder that calls itself has the stack for them, and no encoder. */
async function publishNested(queue: string): Promise<void> {
  const { managementUrl, admin, vhost } = inject('broker')
  const headers = { deep: Array.from({ length: 3_500 }).reduce((inner) => ({ k: inner }), 1) }
  const exchange = `exchanges/${encodeURIComponent(vhost)}/${queue}`
  const response = await fetch(`${managementUrl}/api/${exchange}/publish`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${admin.username}:${admin.password}`)}` },
    body: JSON.stringify({
      routing_key: queue,
      properties: { message_id: 'nested', type: 'sleep', delivery_mode: 2, headers },
      payload: 'none',
      payload_encoding: 'string',
    }),
  })
  expect(await response.json()).toEqual({ routed: true })
}

test('a message with headers nested 3,500 deep costs itself only, and can be listed and redriven', async () => {
  await using queue = await createQueue(inject('broker'))
  const operate = async (request: object) => {
    const { result, error } = await invokeLambda(
      inject('bundles'),
      'operator',
      queue.environment('operator'),
      request,
    )
    expect(error).toBeUndefined()
    return result
  }
  await using worker = startWorker(inject('bundles'), { ...queue.environment('worker'), WORKER_SLOTS: '2' })
  await worker.line('consuming', { count: 2 })
  await queue.publish({ id: 'neighbour', type: 'sleep', payload: { ms: 1_500 } })
  await publishNested(queue.name)
  const tries = await worker.ended(2)
  // on a slow machine the neighbour may be done before the other one is published
  expect(tries.map(({ id, outcome, deliveryCount }) => [id, outcome, deliveryCount]).toSorted()).toEqual([
    ['neighbour', 'done', 0],
    ['nested', 'unreadable', 0],
  ])
  const dead = () => queue.counts(queue.dead)
  await until(async () => (await dead()).ready === 1, { within: 60, what: 'the dead letter' })

  expect(await operate({ action: 'list' })).toMatchObject({ letters: [{ id: 'nested', type: 'sleep' }] })
  expect(await operate({ action: 'redrive', dryRun: false })).toMatchObject({ moved: 1, left: 0 })
  // and once more, as its headers are whole still
  expect((await worker.ended(3)).at(-1)).toMatchObject({ id: 'nested', outcome: 'unreadable' })
  await until(async () => (await dead()).ready === 1, { within: 60, what: 'the dead letter, again' })
  const { lines } = await worker.stop()
  expect(lines.filter(({ msg }) => msg === 'connection lost')).toEqual([])
})
