import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { manage, path } from '../../services/amqp/management.ts'
import { pausedExchange, sinceArgument } from '../../services/contract/control.ts'
import type { Definitions } from '../../services/contract/definitions.ts'
import { secondAdmin } from '../../services/contract/topology.ts'
import type { Examined } from '../../services/topology/examine.ts'
import { startAws, type TestAws } from '../support/aws.ts'
import { type Invocation, invokeLambda } from '../support/lambda.ts'
import { createShape, managementOf, openAs, randomPassword, type Shape } from '../support/topology.ts'

const broker = inject('broker')
const access = managementOf(broker)

let shape: Shape
let aws: TestAws
beforeEach(async () => {
  shape = createShape(broker)
  aws = await startAws()
  const credentials = { ...shape.passwords, [secondAdmin(shape.name)]: randomPassword() }
  for (const [name, password] of Object.entries(credentials)) setSecret(name, password)
  aws.secrets.set(arn('first'), JSON.stringify(broker.admin))
})
afterEach(async () => {
  await aws[Symbol.asyncDispose]()
  await shape[Symbol.asyncDispose]()
})

const arn = (name: string) => `arn:aws:secretsmanager:eu-central-1:111122223333:secret:${name}-AbCdEf`
const setSecret = (name: string, password: string) =>
  aws.secrets.set(arn(name), JSON.stringify({ username: name, password }))
const users = () => Object.keys(shape.passwords).map((name) => ({ name, secretArn: arn(name) }))

const properties = (definitions: Definitions) => ({
  ServiceToken: 'arn:aws:lambda:eu-central-1:111122223333:function:provider',
  definitions: JSON.stringify(definitions),
  brokerManagementUrl: broker.managementUrl,
  adminSecretArn: arn('first'),
  secondAdminSecretArn: arn(secondAdmin(shape.name)),
  users: users(),
})

const invoke = async (event: object, more: object = {}): Promise<Invocation> => {
  const variables = {
    ...aws.variables,
    QUEUE_NAME: shape.name,
    BROKER_MANAGEMENT_URL: broker.managementUrl,
    ADMIN_SECRET_ARN: arn('first'),
    SECOND_ADMIN_SECRET_ARN: arn(secondAdmin(shape.name)),
    USER_SECRETS: JSON.stringify(users()),
    WORKER_SERVICES: JSON.stringify([
      { cluster: 'workers', service: 'small' },
      { cluster: 'workers', service: 'large' },
    ]),
    ...more,
  }
  const invocation = await invokeLambda(inject('bundles'), 'topology', variables, event)
  const said = JSON.stringify(invocation)
  for (const secret of aws.secrets.values()) expect(said).not.toContain(JSON.parse(secret).password)
  return invocation
}

/** As Secrets Manager sends it. */
const changed = (name: string, label = 'AWSCURRENT') => ({
  version: '0',
  id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
  'detail-type': 'Secret Label Updated',
  source: 'aws.secretsmanager',
  account: '111122223333',
  time: '2026-02-06T16:43:48Z',
  region: 'eu-central-1',
  resources: [arn(name)],
  detail: { name, labelUpdated: label, versionId: 'a1b2c3d4-5678-90ab-cdef-EXAMPLE11111' },
})

const create = () => invoke({ RequestType: 'Create', ResourceProperties: properties(shape.wanted) })

test('create makes everything and a second administrator; update removes what is gone; delete leaves all', async () => {
  const [policy] = shape.wanted.policies
  if (!policy) throw new Error('a policy expected')
  const more = { ...policy, name: `${shape.name}.more`, pattern: '^nothing$' }
  const old = { ...shape.wanted, policies: [...shape.wanted.policies, more] }
  const created = await invoke({ RequestType: 'Create', ResourceProperties: properties(old) })
  const id = `topology of ${shape.name} in ${broker.vhost}`
  expect(created.result).toEqual({ PhysicalResourceId: id })
  expect(await manage(access, 'GET', path('users', secondAdmin(shape.name)))).toMatchObject({
    tags: ['administrator'],
  })

  const updated = await invoke({
    RequestType: 'Update',
    PhysicalResourceId: id,
    ResourceProperties: properties(shape.wanted),
    OldResourceProperties: properties(old),
  })
  expect(updated.result).toEqual({ PhysicalResourceId: id })
  await expect(manage(access, 'GET', path('policies', broker.vhost, more.name))).rejects.toThrow('404')

  const deleted = await invoke({
    RequestType: 'Delete',
    PhysicalResourceId: id,
    ResourceProperties: properties(shape.wanted),
  })
  expect(deleted.result).toEqual({ PhysicalResourceId: id })
  expect(await manage(access, 'GET', path('queues', broker.vhost, shape.name))).toMatchObject({
    durable: true,
  })
})

test('an update to another queue name is another resource, and leaves the old queue its users', async () => {
  await create()
  await using other = createShape(broker)
  for (const [name, password] of Object.entries(other.passwords)) setSecret(name, password)
  const { result } = await invoke({
    RequestType: 'Update',
    PhysicalResourceId: `topology of ${shape.name} in ${broker.vhost}`,
    ResourceProperties: {
      ...properties(other.wanted),
      users: Object.keys(other.passwords).map((name) => ({ name, secretArn: arn(name) })),
    },
    OldResourceProperties: properties(shape.wanted),
  })
  expect(result).toEqual({ PhysicalResourceId: `topology of ${other.name} in ${broker.vhost}` })
  expect(await manage(access, 'GET', path('users', `${shape.name}-worker`))).toMatchObject({ tags: [] })
})

/** The administrator that a broker of a template of the queue's name is made with. */
async function firstAdmin(): Promise<{ name: string; password: string }> {
  const admin = { name: `${shape.name}-admin`, password: randomPassword() }
  await manage(access, 'PUT', path('users', admin.name), { password: admin.password, tags: 'administrator' })
  await manage(access, 'PUT', path('permissions', broker.vhost, admin.name), {
    ...{ configure: '.*', write: '.*', read: '.*' },
  })
  return admin
}
const update = (old: object) =>
  invoke({
    RequestType: 'Update',
    PhysicalResourceId: `topology of ${shape.name} in ${broker.vhost}`,
    ResourceProperties: properties(shape.wanted),
    OldResourceProperties: { ...properties(shape.wanted), ...old },
  })

test('a queue called like the template leaves the first administrator as it is, in an update too', async () => {
  const { name, password } = await firstAdmin()
  aws.secrets.set(arn('first'), JSON.stringify({ username: name, password }))
  expect((await create()).error).toBeUndefined()
  expect((await update({ secondAdminSecretArn: arn('before') })).error).toBeUndefined()
  expect(await manage({ ...access, username: name, password }, 'GET', 'whoami')).toMatchObject({ name })
  expect((await create()).error).toBeUndefined()
})

test('the second administrator that had another name before is removed', async () => {
  await create()
  const { name } = await firstAdmin()
  await update({})
  expect(await manage(access, 'GET', path('users', name))).toMatchObject({ name })
  expect((await update({ secondAdminSecretArn: arn('before') })).error).toBeUndefined()
  await expect(manage(access, 'GET', path('users', name))).rejects.toThrow('404')
})

test('a refusal is thrown as the broker said it', async () => {
  aws.secrets.set(arn('first'), JSON.stringify({ username: broker.admin.username, password: 'wrong-one' }))
  expect((await create()).error).toContain('401')
})

test('a secret that is for another user is refused by name', async () => {
  const name = `${shape.name}-worker`
  aws.secrets.set(arn(name), JSON.stringify({ username: 'somebody', password: 'pass-word-1' }))
  expect((await create()).error).toContain(`must be for broker user ${name}`)
})

test('tells on request the broker’s version, and whose secret it does not have', async () => {
  await create()
  const examine = async () => (await invoke({ action: 'examine' })).result
  const agreed = { brokerVersion: broker.version, disagreeing: [], pausedSeconds: 0 }
  expect(await examine()).toEqual(agreed)

  setSecret(`${shape.name}-worker`, randomPassword())
  expect(await examine()).toEqual({ ...agreed, disagreeing: [`${shape.name}-worker`] })
  await invoke(changed(`${shape.name}-worker`))
  expect(await examine()).toEqual(agreed)

  await manage(access, 'DELETE', path('users', `${shape.name}-probe`))
  const { username } = broker.admin
  aws.secrets.set(arn('first'), JSON.stringify({ username, password: randomPassword() }))
  const two = [username, `${shape.name}-probe`]
  expect(await examine()).toEqual({ ...agreed, disagreeing: two })
})

test('tells on request for how long the queue has been paused', async () => {
  await create()
  const since = { [sinceArgument]: Date.now() - 60_000 }
  await manage(access, 'PUT', path('exchanges', '/', pausedExchange(shape.name)), {
    ...{ type: 'fanout', durable: true, arguments: since },
  })
  const { pausedSeconds } = (await invoke({ action: 'examine' })).result as Examined
  expect(pausedSeconds).toBeGreaterThanOrEqual(60)
  await manage(access, 'DELETE', path('exchanges', '/', pausedExchange(shape.name)))
})

test("a new worker's password is set at the broker, then each worker service is deployed anew", async () => {
  await create()
  const name = `${shape.name}-worker`
  const password = randomPassword()
  setSecret(name, password)
  const { error } = await invoke(changed(name))
  expect(error).toBeUndefined()
  await (await openAs(broker, name, password)).close()
  // at the same time: either may come first
  expect(aws.updates.toSorted((one, other) => one.service.localeCompare(other.service))).toEqual([
    { cluster: 'workers', service: 'large', forceNewDeployment: true },
    { cluster: 'workers', service: 'small', forceNewDeployment: true },
  ])
})

test('one service that cannot be deployed anew does not keep the other from it, and is an error', async () => {
  await create()
  aws.refused.add('small')
  const { error } = await invoke(changed(`${shape.name}-worker`))
  expect(error).toContain('ServiceNotFoundException')
  expect(aws.updates.map(({ service }) => service)).toContain('large')
})

test("the producer's new password needs no deployment, another label than the current one nothing at all", async () => {
  await create()
  const name = `${shape.name}-producer`
  const password = randomPassword()
  setSecret(name, password)
  await invoke(changed(name, 'blue'))
  await expect(openAs(broker, name, password)).rejects.toThrow(/ACCESS.REFUSED/)
  await invoke(changed(name))
  await (await openAs(broker, name, password)).close()
  expect(aws.updates).toEqual([])
})

test.each(['first', 'second'])("the %s administrator's new password is set by the other", async (which) => {
  await create()
  const name = secondAdmin(shape.name)
  const password = randomPassword()
  setSecret(name, password)
  // the broker's own administrator is every test's: so it is this one that is the first or the second
  const swapped = { ADMIN_SECRET_ARN: arn(name), SECOND_ADMIN_SECRET_ARN: arn('first') }
  expect((await invoke(changed(name), which === 'first' ? swapped : {})).error).toBeUndefined()
  expect(await manage({ ...access, username: name, password }, 'GET', 'whoami')).toMatchObject({ name })
  // and this one can do all, should the first one's password be lost
  aws.secrets.set(arn('first'), JSON.stringify({ username: name, password }))
  expect((await create()).error).toBeUndefined()
})

test('a secret whose user is not made yet changes nothing; one that is nobody’s is an error', async () => {
  expect(await invoke(changed(`${shape.name}-worker`))).toMatchObject({
    output: expect.stringContaining('no user'),
  })
  expect((await invoke(changed('stranger'))).error).toContain('belongs to no broker user')
})
