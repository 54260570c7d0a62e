import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest'
import { freePorts } from '../../local/broker/ports.ts'
import { healthCheckCommand } from '../../services/contract/health.ts'
import { createQueue } from '../support/queue.ts'
import { recordedTasks } from '../support/recorded-tasks.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { createLedger, type TestLedger } from '../support/test-ledger.ts'
import { until } from '../support/until.ts'
import { startWorker } from '../support/worker-process.ts'
import { workerWith } from '../support/worker-with.ts'

/** A worker whose ledger is slow, throttled or away: it holds what has ended, and says so. */

const bundles = workerWith(recordedTasks, { ledger: true })
let ledger: TestLedger
beforeAll(async () => {
  ledger = await createLedger()
})
afterAll(() => ledger[Symbol.asyncDispose]())
beforeEach(() => ledger.front.treat(() => 'pass'))

const create = () => createQueue(inject('broker'), { workerPublishes: true, retryMinSeconds: 0.1 })
type Queue = Awaited<ReturnType<typeof create>>
const start = (queue: Queue, more: Readonly<Record<string, string>> = {}) =>
  startWorker(bundles(), { ...queue.environment('worker'), ...ledger.variables, ...more })
const answer = (id: string, payload: object = {}) => ({ id, type: 'answer', payload })

it.each(['refuse', 'throttle', 6_000] as const)(
  'holds what has ended until the ledger answers: %s',
  async (how) => {
    await using queue = await create()
    await using worker = start(queue, { METRICS_NAMESPACE: 'test', METRICS_SECONDS: '1' })
    ledger.front.treat(() => how)
    const ids = [`h-${how}-1`, `h-${how}-2`] as const
    await queue.publish(answer(ids[0], { result: 1 }), answer(ids[1], { result: 2 }))
    await worker.line('the ledger does not answer: ended tasks are held until it does')
    await until(async () => (await queue.counts()).ready === 1, { within: 60, what: 'the other one waits' })
    const at = Date.now()
    ledger.front.treat(() => 'pass')
    await worker.ended(2, { within: 60 })
    await worker.line('the ledger answers again')
    expect(await ledger.status(ids[0])).toMatchObject({ state: 'done', result: 1, tries: 1 })
    const { lines, tries } = await worker.stop()
    expect(lines.filter(({ msg }) => msg === 'answering')).toHaveLength(2)
    // by one machine's clock
    expect(Math.min(...tries.map(({ time }) => Date.parse(time)))).toBeGreaterThanOrEqual(at)
    expect(tries.map(({ id, outcome }) => [id, outcome])).toEqual([
      [ids[0], 'done'],
      [ids[1], 'done'],
    ])
    expect(lines.some((line) => line['TasksHeld'] === 1)).toBe(true)
  },
)

it('hands back what it holds when it has to end, and the next worker does it again', async () => {
  await using queue = await create()
  await using worker = start(queue, { DRAIN_SECONDS: '1' })
  ledger.front.treat(() => 'refuse')
  await queue.publish(answer('e1', { result: 1 }))
  await worker.line('the ledger does not answer: ended tasks are held until it does')
  const { tries } = await worker.stop()
  expect(tries.map(({ outcome }) => outcome)).toEqual(['handed-back'])
  ledger.front.treat(() => 'pass')
  await using next = start(queue)
  expect((await next.ended(1))[0]).toMatchObject({ id: 'e1', outcome: 'done', deliveryCount: 0 })
  expect(await ledger.status('e1')).toMatchObject({ state: 'done', result: 1 })
})

it('lets go of what it holds when its connection is lost', async () => {
  await using queue = await create()
  await using worker = start(queue)
  ledger.front.treat(() => 'refuse')
  await queue.publish(answer('l1'))
  await worker.line('the ledger does not answer: ended tasks are held until it does')
  await queue.deleteWork()
  expect((await worker.ended(1))[0]?.outcome).toMatch(/consumer-timeout|connection-lost/)
})

it('says that a task is dead which lost the connection in its last try, when the ledger answers again', async () => {
  await using queue = await createQueue(inject('broker'), { deliveryLimit: 0 })
  const { hostname, port } = new URL(inject('broker').amqpUrl)
  await using line = await startTcpProxy({ host: hostname, port: Number(port) })
  const lastTry = { DELIVERY_LIMIT: '0', BROKER_URL: `amqp://127.0.0.1:${line.port}` }
  await using worker = start(queue, lastTry)
  ledger.front.treat(() => 'refuse')
  await queue.publish(answer('last'))
  await worker.line('the ledger does not answer: ended tasks are held until it does')
  line.cut()
  expect((await worker.ended(1))[0]).toMatchObject({ id: 'last', outcome: 'connection-lost' })
  const dead = () => queue.counts(queue.dead)
  await until(async () => (await dead()).ready === 1, { within: 60, what: 'it is a dead letter' })
  ledger.front.treat(() => 'pass')
  await until(async () => (await ledger.status('last'))?.state === 'dead', {
    within: 60,
    what: 'the ledger knows',
  })
})

it('rejects nothing and drops nothing unrecorded either', async () => {
  await using queue = await create()
  await using worker = start(queue)
  ledger.front.treat(({ operation }) => (operation === 'PutItem' ? 'refuse' : 'pass'))
  await queue.publish(answer('n1', { failures: 9, permanent: true }))
  await worker.line('the ledger does not answer: ended tasks are held until it does')
  expect(await queue.takeDeadLetter()).toBe(false)
  ledger.front.treat(() => 'pass')
  expect((await worker.ended(1))[0]?.outcome).toBe('permanent-failure')
  expect(await ledger.status('n1')).toMatchObject({ state: 'dead' })
})

it('publishes no child that is not recorded', async () => {
  await using queue = await create()
  await using worker = start(queue)
  ledger.front.treat(({ body }) => (body.includes('"accepted"') ? 'refuse' : 'pass'))
  await queue.publish({ id: 'p1', type: 'fan', payload: { parts: [] } })
  await worker.line('the ledger does not answer: ended tasks are held until it does')
  expect(await queue.counts()).toMatchObject({ ready: 0 })
  ledger.front.treat(() => 'pass')
  await worker.ended(2)
  expect(await ledger.status('p1.then')).toMatchObject({ state: 'done', parent: 'p1' })
})

it('is healthy meanwhile, and its health check says what is away', async () => {
  await using queue = await create()
  const [port = 0] = await freePorts(1)
  await using worker = start(queue, { HEALTH_PORT: String(port) })
  ledger.front.treat(() => 'refuse')
  await queue.publish(answer('o1'))
  await worker.line('the ledger does not answer: ended tasks are held until it does')
  const [, program = '', ...args] = healthCheckCommand(port)
  const { stdout } = await promisify(execFile)(program, args)
  expect(stdout).toBe('ok\n')
  const all = await promisify(execFile)('bash', ['-c', `exec 3<>/dev/tcp/127.0.0.1/${port} && cat <&3`])
  expect(all.stdout).toMatch(/^ok\nthe ledger has not answered for \d+ s\n$/)
})

it('a worker that is killed after the end was written and before the broker was told leaves it done, once', async () => {
  await using queue = await create()
  await using first = start(queue)
  // done, and its worker never hears of it
  ledger.front.treat(({ operation }) => (operation === 'PutItem' ? 'swallow' : 'pass'))
  await queue.publish(answer('k1', { result: 'first' }))
  await ledger.becomes('k1', 'done')
  const written = await ledger.status('k1')
  first.kill('SIGKILL')
  await first.exit()
  ledger.front.treat(() => 'pass')
  await using second = start(queue)
  expect((await second.ended(1))[0]).toMatchObject({ id: 'k1', outcome: 'done', deliveryCount: 1 })
  expect(await ledger.status('k1')).toEqual(written)
  expect(await queue.counts()).toMatchObject({ ready: 0 })
})
