import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { startProducer } from '../support/producer.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { startSecretsManager, type TestSecretsManager } from '../support/secrets-manager.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

let stack: AsyncDisposableStack
let queue: TestQueue
let line: TcpProxy
let secrets: TestSecretsManager
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  queue = stack.use(await createQueue(inject('broker')))
  const { hostname, port } = new URL(inject('broker').amqpUrl)
  line = stack.use(await startTcpProxy({ host: hostname, port: Number(port) }))
  secrets = stack.use(await startSecretsManager(credentials()))
})
afterEach(() => stack.disposeAsync())

const task = { type: 'sleep', payload: { ms: 1 } }

/** What the secret should hold now. */
function credentials() {
  const { BROKER_USERNAME, BROKER_PASSWORD } = queue.environment('producer')
  return JSON.stringify({ username: BROKER_USERNAME, password: BROKER_PASSWORD })
}

async function start(variables: object = secrets.variables) {
  const { BROKER_VHOST, QUEUE_NAME } = queue.environment('producer')
  const common = { BROKER_URL: `amqp://127.0.0.1:${line.port}`, BROKER_VHOST, QUEUE_NAME }
  return stack.use(await startProducer(inject('bundles'), { ...common, ...variables }))
}

test('the secret is read once, for the first request', async () => {
  const producer = await start()
  expect(secrets.reads).toBe(0)
  for (let round = 0; round < 3; round += 1) expect(await producer.post(task)).toMatchObject({ status: 202 })
  line.cut()
  await until(() => line.open === 0, { within: 60, what: 'the producer lets go of the connection' })
  expect(await producer.post(task)).toMatchObject({ status: 202 })
  expect(line.accepted).toBe(2)
  expect(secrets.reads).toBe(1)
})

test('a rotated secret is read again when the broker refuses the old password', async () => {
  const producer = await start()
  expect(await producer.post(task)).toMatchObject({ status: 202 })
  await queue.changePassword('producer')
  secrets.secret = credentials()
  expect(await producer.post(task)).toMatchObject({ status: 202 })
  expect(secrets.reads).toBe(1)
  line.cut()
  await until(() => line.open === 0, { within: 60, what: 'the producer lets go of the connection' })
  expect(await producer.post(task)).toMatchObject({ status: 202 })
  expect(secrets.reads).toBe(2)
})

test('503 while the secret and the broker differ, 202 without a restart when they agree', async () => {
  secrets.secret = JSON.stringify({ username: `${queue.name}-producer`, password: 'not-the-password' })
  const producer = await start()
  const { status, body } = await producer.post({ ...task, id: 'a' })
  expect(status).toBe(503)
  expect(body.failed).toEqual([{ id: 'a', reason: 'no connection' }])
  secrets.secret = credentials()
  expect(await producer.post(task)).toMatchObject({ status: 202 })
  expect(JSON.stringify([body, await producer.stop()])).not.toContain('not-the-password')
})

test.each([
  ['does not exist', undefined],
  ['is no JSON', 'a-secret-word'],
  ['holds something else', '{"password":"a-secret-word"}'],
])('503 when the secret %s, and what it holds is shown nowhere', async (_, secret) => {
  secrets.secret = secret
  const producer = await start()
  const { status, body } = await producer.post(task)
  expect(status).toBe(503)
  await producer.line(({ msg }) => msg === 'no connection to the broker')
  expect(JSON.stringify([body, await producer.stop()])).not.toContain('a-secret-word')
})

test('503 for a wrong password in the environment', async () => {
  const BROKER_PASSWORD = 'not-the-password'
  const producer = await start({ BROKER_USERNAME: `${queue.name}-producer`, BROKER_PASSWORD })
  const { status, body } = await producer.post(task)
  expect(status).toBe(503)
  expect(JSON.stringify([body, await producer.stop()])).not.toContain('not-the-password')
})

test('a producer without a broker user does not start, and says why', async () => {
  await expect(start({})).rejects.toThrow('set BROKER_USERNAME and BROKER_PASSWORD, or BROKER_SECRET_ARN')
})
