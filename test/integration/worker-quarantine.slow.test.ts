import { expect, inject, it } from 'vitest'
import { createQueue } from '../support/queue.ts'
import { sharedThreadTasks } from '../support/shared-thread-tasks.ts'
import { until } from '../support/until.ts'
import { endedBy, startWorker, type WorkerProcess } from '../support/worker-process.ts'
import { workerWith } from '../support/worker-with.ts'

const bundles = workerWith(sharedThreadTasks)
const innocents = Array.from({ length: 40 }, (_, index) => ({
  id: `innocent-${index}`,
  type: 'wait',
  payload: { ms: 1_500 },
}))

/** What takes its process, its thread, or its thread's time, and with it whatever else is there. */
it.each([
  ['kills its process', 'poison', 4, 1],
  ['kills its process', 'poison', 4, 4],
  // enough for groups of several
  ['kills its process', 'poison', 20, 20],
  ['ends its thread', 'exit-late', 4, 4],
  ['blocks its thread', 'block-late', 4, 4],
])(
  'a task that %s (%s, %i slots, %i to a thread) ends as a dead letter, and none of its neighbours does',
  async (_, type, slots, slotsPerThread) => {
    await using stack = new AsyncDisposableStack()
    const queue = stack.use(
      await createQueue(inject('broker'), { deliveryLimit: 10, retryMinSeconds: 1, retryMaxSeconds: 2 }),
    )
    const environment = {
      ...queue.environment('worker'),
      WORKER_SLOTS: String(slots),
      WORKER_SLOTS_PER_THREAD: String(slotsPerThread),
    }
    const workers: WorkerProcess[] = []
    let over = false
    // as ECS does: the next one when the last is gone
    const service = (async () => {
      while (!over) {
        const worker = stack.use(startWorker(bundles(), environment))
        workers.push(worker)
        await worker.exit(200)
      }
    })()
    await queue.publish({ id: 'guilty', type, payload: null }, ...innocents)

    const allDone = async () => {
      const tries = await endedBy(workers, 0)
      const done = tries.filter(({ outcome }) => outcome === 'done').map(({ id }) => id)
      return new Set(done).size === innocents.length
    }
    await until(allDone, { within: 150, what: 'all neighbours to be done' })
    const letter = await until(() => queue.takeDeadLetter(), { within: 150, what: 'the dead letter' })
    expect(letter.properties.messageId).toBe('guilty')
    expect(await queue.takeDeadLetter()).toBe(false)
    // three times it took the worker, and then only the quarantine
    expect(workers.length).toBeLessThanOrEqual(4)
    over = true
    await workers.at(-1)?.stop()
    await service
    const tries = (await Promise.all(workers.map((worker) => worker.whole()))).flatMap((log) => log.tries)
    const counts = tries.filter(({ id }) => id !== 'guilty').map(({ deliveryCount }) => deliveryCount)
    expect(Math.max(...counts)).toBeLessThanOrEqual(4)
  },
)
