import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { createQueue } from '../support/queue.ts'
import { sendingTasks } from '../support/sending-tasks.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'
import { startWorker } from '../support/worker-process.ts'
import { workerWith } from '../support/worker-with.ts'

const bundles = workerWith([
  ...sendingTasks,
  {
    type: 'album',
    payload: 'z.object({ file: z.string(), children: z.int() })',
    more: `sends: ['mark']`,
    handler: `export default ({ file, children }, { send }) => {
  for (let n = 1; n <= children; n += 1) send('mark', { file })
}`,
  },
  {
    type: 'mark',
    payload: 'z.object({ file: z.string() })',
    handler: `import { appendFileSync } from 'node:fs'
export default ({ file }, { id }) => appendFileSync(file, id + '\\n')`,
  },
])

it('1,000 children of 100 KB: all sent and done, once, in the memory of the smallest container', async () => {
  await using queue = await createQueue(inject('broker'), { workerPublishes: true })
  await using worker = startWorker(bundles(), queue.environment('worker'))
  await queue.publish({ id: 'p', type: 'parent', payload: { children: 1_000, bytes: 100_000 } })
  const tries = await worker.ended(1_001, { within: 120 })
  const children = tries.filter(({ parent }) => parent === 'p').map(({ id }) => id)
  expect(tries.filter(({ outcome }) => outcome !== 'done')).toEqual([])
  expect([children.length, new Set(children).size]).toEqual([1_000, 1_000])
  const peakKb = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${worker.pid}/status`, 'utf8'))?.[1]
  console.log(`sent in ${tries[0]?.durationMs} ms, at most ${Math.round(Number(peakKb) / 1_024)} MiB`)
  expect(Number(peakKb)).toBeLessThan(512 * 1_024)
})

describe('while workers are killed and lines break, over and over', () => {
  it('no child is lost, and those that are done twice have the same id', async () => {
    const file = join(tmpdir(), `warren-${randomUUID()}`)
    const marks = () => (existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [])
    await using stack = new AsyncDisposableStack()
    stack.defer(() => rmSync(file, { force: true }))
    const queue = stack.use(
      await createQueue(inject('broker'), { workerPublishes: true, deliveryLimit: 50, retryMinSeconds: 0.1 }),
    )
    const { hostname, port } = new URL(inject('broker').amqpUrl)
    const line = stack.use(await startTcpProxy({ host: hostname, port: Number(port) }))
    const environment = {
      ...queue.environment('worker'),
      ...{ WORKER_SLOTS: '2', BROKER_URL: `amqp://127.0.0.1:${line.port}` },
    }
    const albums = Array.from({ length: 100 }, (_, n) => `a${n}`)
    const wanted = albums.flatMap((id) => Array.from({ length: 20 }, (_, n) => `${id}.${n + 1}`))
    await queue.publish(...albums.map((id) => ({ id, type: 'album', payload: { file, children: 20 } })))
    for (let round = 0; round < 12; round += 1) {
      const before = marks().length
      const worker = startWorker(bundles(), environment)
      stack.use(worker)
      await until(() => marks().length > before + 100 || marks().length >= wanted.length, {
        ...{ within: 60, what: 'some to be done' },
      })
      if (round % 2 === 0) line.reset()
      worker.kill('SIGKILL')
      await worker.exit()
    }
    await using last = startWorker(bundles(), environment)
    const isDone = () => {
      const done = new Set(marks())
      return wanted.every((id) => done.has(id))
    }
    await until(isDone, { within: 120, what: 'all children to be done' })
    last.kill('SIGTERM')
    expect(await last.exit(30)).toBe(0)
    const done = marks()
    console.log(
      `${wanted.length} children, ${done.length} marks, ${done.length - wanted.length} twice, 0 lost`,
    )
    expect(new Set(done)).toEqual(new Set(wanted))
    expect(await queue.takeDeadLetter()).toBe(false)
  })
})
