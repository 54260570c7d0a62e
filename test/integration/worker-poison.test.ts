import { expect, inject, it } from 'vitest'
import { misbehavingTasks } from '../support/misbehaving-tasks.ts'
import { createQueue } from '../support/queue.ts'
import { until } from '../support/until.ts'
import { endedBy, startWorker, type WorkerProcess } from '../support/worker-process.ts'
import { workerWith } from '../support/worker-with.ts'

const bundles = workerWith(misbehavingTasks)

it('a task that kills its worker at each try is a dead letter in the end; the one behind it is done', async () => {
  await using stack = new AsyncDisposableStack()
  const queue = stack.use(await createQueue(inject('broker'), { deliveryLimit: 2 }))
  const workers: WorkerProcess[] = []
  const start = () => {
    const worker = stack.use(startWorker(bundles(), queue.environment('worker')))
    workers.push(worker)
    return worker
  }
  await queue.publish(
    { id: 'poison', type: 'kill-worker', payload: null },
    { id: 'behind', type: 'sleep', payload: { ms: 1 } },
  )
  // as ECS does: the next one when the last is gone. Two failures are allowed, the third ends it
  for (let tries = 0; tries < 3; tries += 1) expect(await start().exit(30)).toBe('SIGKILL')
  const survivor = start()
  await survivor.line('consuming')

  const letter = await until(() => queue.takeDeadLetter(), { within: 60, what: 'the dead letter' })
  expect(letter.properties.messageId).toBe('poison')
  expect(letter.properties.headers?.['x-death']).toEqual([
    expect.objectContaining({ reason: 'delivery_limit', queue: queue.name }),
  ])
  await endedBy(workers, 1)
  await survivor.stop()
  const logs = await Promise.all(workers.map((worker) => worker.whole()))
  expect(logs.flatMap(({ tries }) => tries).map(({ id, outcome }) => [id, outcome])).toEqual([
    ['behind', 'done'],
  ])
  expect(await queue.counts()).toEqual({ ready: 0, consumers: 0 })
  expect(await queue.takeDeadLetter()).toBe(false)
})
