import { describe, expect, inject, it } from 'vitest'
import { createQueue } from '../support/queue.ts'
import type { AddedTask } from '../support/test-tasks.ts'
import { startWorker } from '../support/worker-process.ts'
import { workerWith } from '../support/worker-with.ts'

/** Handlers by what their modules do when they are loaded. */
const tasks: readonly AddedTask[] = [
  {
    type: 'tells',
    handler: `console.log(JSON.stringify({ msg: 'loaded' }))\nexport default () => undefined`,
  },
  { type: 'throws', handler: `export default () => undefined\nthrow new Error('no such library')` },
  {
    type: 'never-ends',
    timeoutSeconds: 1,
    handler: `export default () => undefined\nawait new Promise(() => {})`,
  },
  {
    // by condition: otherwise the preloading thread ends before the others' modules are loaded
    type: 'exits',
    handler: `export default () => undefined\nif (process.env.EXITS) process.exit(3)`,
  },
]

describe('a handler’s module', () => {
  const bundles = workerWith(tasks)

  it('is loaded once, before the first task asks for it', async () => {
    await using queue = await createQueue(inject('broker'))
    await using worker = startWorker(bundles(), queue.environment('worker'))
    await worker.line('loaded')
    await queue.publish({ type: 'tells', payload: null }, { type: 'tells', payload: null })
    expect((await worker.ended(2)).map(({ outcome }) => outcome)).toEqual(['done', 'done'])
    const { lines } = await worker.stop()
    expect(lines.filter(({ msg }) => msg === 'loaded')).toHaveLength(1)
  })

  it('fails only the tasks of its own type where it cannot be loaded, and that is logged at once', async () => {
    await using queue = await createQueue(inject('broker'), { deliveryLimit: 0 })
    await using worker = startWorker(bundles(), queue.environment('worker'))
    const error = await worker.line('handler cannot be loaded: tasks of its type fail')
    expect(error).toMatchObject({
      level: 'error',
      type: 'throws',
      error: expect.stringMatching(/^Error: no such library\n +at .*throws\.handler\.ts:\d/),
    })
    await queue.publish(
      ...['tells', 'throws', 'never-ends', 'tells'].map((type) => ({ type, payload: null })),
    )
    const tries = await worker.ended(4, { within: 60 })
    expect(tries.map(({ type, outcome }) => [type, outcome])).toEqual([
      ['tells', 'done'],
      ['throws', 'failed'],
      ['never-ends', 'timed-out'],
      ['tells', 'done'],
    ])
  })

  it('fails only the tasks of its own type also where loading it ends the thread', async () => {
    await using queue = await createQueue(inject('broker'))
    await using worker = startWorker(bundles(), { ...queue.environment('worker'), EXITS: 'yes' })
    await worker.line('consuming')
    // the first may meet the thread that is about to end
    const ids = ['a', 'b', 'c', 'd']
    await queue.publish(...ids.map((id) => ({ id, type: 'tells', payload: null })), {
      id: 'e',
      type: 'exits',
      payload: null,
    })
    const outcomes = await worker.logs('the last of each task’s tries', ({ tries }) => {
      const byId = Map.groupBy(tries, ({ id }) => id)
      const done = ids.every((id) => byId.get(id)?.at(-1)?.outcome === 'done')
      return done && byId.get('e')?.length === 3 && byId
    })
    for (const id of ['b', 'c', 'd']) expect(outcomes.get(id)).toHaveLength(1)
    expect(outcomes.get('e')?.map(({ outcome }) => outcome)).toEqual(Array(3).fill('thread-died'))
  })
})
