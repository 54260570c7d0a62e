import { afterEach, beforeEach, expect, inject, it } from 'vitest'
import { manage } from '../../services/amqp/management.ts'
import type { TaskLogLine } from '../../services/contract/log.ts'
import { brokerUser, type UserRole, userRoles } from '../../services/contract/topology.ts'
import { startAws, type TestAws } from '../support/aws.ts'
import { invokeLambda } from '../support/lambda.ts'
import { startProducer, type TestProducer } from '../support/producer.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { managementOf, openAs, randomPassword } from '../support/topology.ts'
import { until } from '../support/until.ts'
import { endedBy, startWorker, type WorkerProcess } from '../support/worker-process.ts'

const broker = inject('broker')
const bundles = inject('bundles')

let stack: AsyncDisposableStack
let queue: TestQueue
let aws: TestAws
let workers: WorkerProcess[]
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  queue = stack.use(await createQueue(broker))
  aws = stack.use(await startAws())
  workers = []
  aws.secrets.set(arn('admin'), JSON.stringify(broker.admin))
  for (const role of userRoles) putSecretValue(role, queue.environment(role).BROKER_PASSWORD)
})
afterEach(() => stack.disposeAsync())

const arn = (name: string) => `arn:aws:secretsmanager:eu-central-1:111122223333:secret:${name}-AbCdEf`
const username = (role: UserRole) => brokerUser(queue.name, role)

function putSecretValue(role: UserRole, password: string): void {
  aws.secrets.set(arn(role), JSON.stringify({ username: username(role), password }))
}

/** What follows by itself in AWS: the event starts the function, and ECS replaces the tasks of the services it is told of. */
async function newPassword(role: UserRole): Promise<string> {
  const password = randomPassword()
  putSecretValue(role, password)
  const event = {
    source: 'aws.secretsmanager',
    'detail-type': 'Secret Label Updated',
    resources: [arn(role)],
    detail: { labelUpdated: 'AWSCURRENT' },
  }
  const variables = {
    QUEUE_NAME: queue.name,
    BROKER_MANAGEMENT_URL: broker.managementUrl,
    ADMIN_SECRET_ARN: arn('admin'),
    SECOND_ADMIN_SECRET_ARN: arn('admin'),
    USER_SECRETS: JSON.stringify(userRoles.map((one) => ({ name: username(one), secretArn: arn(one) }))),
    WORKER_SERVICES: JSON.stringify([{ cluster: 'workers', service: 'small' }]),
  }
  const { error, output } = await invokeLambda(bundles, 'topology', { ...aws.variables, ...variables }, event)
  expect(error).toBeUndefined()
  expect(output).not.toContain(password)
  return password
}

/** As ECS starts a task: with what the secret holds now. */
function startTask(): WorkerProcess {
  const { username: BROKER_USERNAME, password: BROKER_PASSWORD } = JSON.parse(
    aws.secrets.get(arn('worker')) ?? '',
  )
  const environment = { ...queue.environment('worker'), BROKER_USERNAME, BROKER_PASSWORD }
  const worker = stack.use(startWorker(bundles, environment))
  workers.push(worker)
  return worker
}

async function startProducerOnSecret(): Promise<TestProducer> {
  const { BROKER_URL, BROKER_VHOST, QUEUE_NAME } = queue.environment('producer')
  const variables = { BROKER_URL, BROKER_VHOST, QUEUE_NAME, BROKER_SECRET_ARN: arn('producer') }
  return stack.use(await startProducer(bundles, { ...aws.variables, ...variables }))
}

/** A client that sends tasks until it is told to stop, and keeps the ids of those that were accepted. */
function sendTasks(producer: TestProducer) {
  const accepted: string[] = []
  const refused: number[] = []
  let stop = false
  const sending = (async () => {
    while (!stop) {
      const { status, body } = await producer.post({ type: 'sleep', payload: { ms: 20 } })
      if (status === 202) accepted.push(...body.ids)
      else refused.push(status)
    }
  })()
  const more = (count: number) => {
    const wanted = accepted.length + count
    return until(() => accepted.length >= wanted, { within: 60, what: `${count} more tasks to be accepted` })
  }
  const end = () => {
    stop = true
    return sending
  }
  return { accepted, refused, more, end }
}

/** Waits until these have ended, stops all workers, and gives all tries. */
async function triesOf(ids: readonly string[]): Promise<readonly TaskLogLine[]> {
  const done = async () => {
    const seen = new Set((await endedBy(workers, ids.length)).map(({ id }) => id))
    return ids.every((id) => seen.has(id))
  }
  await until(done, { within: 60, what: 'all tasks to be done' })
  return (await Promise.all(workers.map((worker) => worker.stop()))).flatMap((log) => log.tries)
}

it('a new password for the workers: old connections live on, new workers take over, every task is done once', async () => {
  const client = sendTasks(await startProducerOnSecret())
  const before = [startTask(), startTask()]
  await Promise.all(before.map((worker) => worker.ended(5)))
  const old = JSON.parse(aws.secrets.get(arn('worker')) ?? '').password

  await newPassword('worker')
  await expect(openAs(broker, username('worker'), old)).rejects.toThrow(/ACCESS.REFUSED/)
  expect(aws.updates).toEqual([{ cluster: 'workers', service: 'small', forceNewDeployment: true }])
  for (const worker of before) {
    const { length } = await worker.ended(5)
    await worker.ended(length + 5)
  }

  // as ECS goes about a new deployment: one comes, one goes
  for (const worker of before) {
    await startTask().line('consuming')
    worker.kill('SIGTERM')
    expect(await worker.exit()).toBe(0)
  }
  await client.more(20)
  await client.end()
  expect(client.refused).toEqual([])
  const tries = await triesOf(client.accepted)
  expect(tries.map(({ id }) => id).sort()).toEqual(client.accepted.toSorted())
  expect(new Set(tries.map(({ outcome, deliveryCount }) => `${outcome} ${deliveryCount}`))).toEqual(
    new Set(['done 0']),
  )
  expect(await queue.counts(queue.dead)).toEqual({ ready: 0, consumers: 0 })
})

it('a new password for the producer: it is used from the next connection on, and every accepted task is done once', async () => {
  const client = sendTasks(await startProducerOnSecret())
  startTask()
  await client.more(5)
  await newPassword('producer')
  expect(aws.updates).toEqual([])
  await client.more(5)
  // the broker ends its connections, as in a maintenance
  await manage(managementOf(broker), 'DELETE', `connections/username/${username('producer')}`)
  await client.more(20)
  await client.end()
  const tries = await triesOf(client.accepted)
  expect(tries.every(({ outcome, deliveryCount }) => outcome === 'done' && deliveryCount === 0)).toBe(true)
  // a task whose confirm was lost with the connection is published again under the same id
  expect(tries.length - client.accepted.length).toBeLessThanOrEqual(1)
})
