import { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import { namesOf } from '../../infra/names.ts'
import { ledgerKeys } from '../../services/contract/ledger.ts'
import { environment, environmentNames, resourcesOf, stacks, templates } from './synth.ts'

const list = <Item>(value: Item | Item[]): Item[] => (Array.isArray(value) ? value : [value])
const tables = (template: Template) => resourcesOf(template, 'AWS::DynamoDB::Table')

/** Every statement about DynamoDB of a stack's roles, with the policy that it stands in. */
const aboutTables = (template: Template) =>
  resourcesOf(template, 'AWS::IAM::Policy').flatMap(([id, { Properties }]) =>
    // biome-ignore lint/suspicious/noExplicitAny: a template's properties have whatever shape their type has
    Properties.PolicyDocument.Statement.flatMap((statement: any) =>
      list<string>(statement.Action).some((action) => action.startsWith('dynamodb:'))
        ? [[id, statement]]
        : [],
    ),
  ) as [string, { Effect: string; Action: string[]; Resource: unknown }][]

const actionsOf = {
  producer: ['BatchWriteItem', 'PutItem', 'DeleteItem', 'Query'],
  worker: ['BatchWriteItem', 'PutItem', 'UpdateItem'],
  operator: ['BatchWriteItem'],
}

describe.each(environmentNames)('%s', (name) => {
  const { foundation, workQueue, moreQueues } = templates(name)
  const { ledger } = environment(name).workQueue

  test('has a table in the stack of its default queue, and only with the setting', () => {
    expect(tables(workQueue)).toHaveLength(ledger ? 1 : 0)
    expect([foundation, ...moreQueues].flatMap(tables)).toEqual([])
    if (!ledger)
      expect(JSON.stringify([foundation, workQueue, ...moreQueues])).not.toMatch(/dynamodb|LEDGER/i)
  })

  test('its table has the keys that the services use, ends with its stack, and can be restored', () => {
    const found = tables(workQueue)
    expect(found.length > 0).toBe(ledger !== undefined)
    for (const [, { Properties, DeletionPolicy }] of found) {
      expect(Properties).toMatchObject({
        TableName: namesOf(name).ledger,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [
          { AttributeName: ledgerKeys.partition, KeyType: 'HASH' },
          { AttributeName: ledgerKeys.sort, KeyType: 'RANGE' },
        ],
        TimeToLiveSpecification: { AttributeName: ledgerKeys.expires, Enabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      })
      expect(DeletionPolicy).toBe('Delete')
    }
  })

  test('producer, workers and operators, of each queue, may do in the table what they do, and nobody else anything', () => {
    const all = [workQueue, ...moreQueues].flatMap(aboutTables)
    const queues = [environment(name).workQueue, ...(environment(name).moreQueues ?? [])]
    const classes = queues.flatMap(({ workers }) => workers)
    expect(all).toHaveLength(ledger ? 1 + classes.length + queues.length : 0)
    for (const [id, { Effect, Action, Resource }] of all) {
      const service = id.startsWith('ProducerApi')
        ? 'producer'
        : id.startsWith('Operator')
          ? 'operator'
          : 'worker'
      const allowed = actionsOf[service].map((action) => `dynamodb:${action}`)
      expect([id, Effect, list(Action).toSorted()]).toEqual([id, 'Allow', allowed.toSorted()])
      expect(JSON.stringify(Resource)).toMatch(new RegExp(`:table/${namesOf(name).ledger}"`))
    }
  })
})

test('workers, producer and operator start when the table is there', () => {
  const { workQueue } = templates('test-cluster')
  const [[table]] = tables(workQueue) as [[string, unknown]]
  const services = resourcesOf(workQueue, 'AWS::ECS::Service')
  expect(services).toHaveLength(2)
  for (const [id, { DependsOn = [] }] of services)
    expect([id, DependsOn]).toEqual([id, expect.arrayContaining([table])])
  const functions = resourcesOf(workQueue, 'AWS::Lambda::Function')
  const dependsOn = (start: string) => functions.find(([id]) => id.startsWith(start))?.[1].DependsOn
  expect(dependsOn('Operator')).toContain(table)
  expect(dependsOn('ProducerApi')).toEqual(expect.arrayContaining(services.map(([id]) => id)))
})

test('the function has time for what a request may wait, within API Gateway’s 30 s', () => {
  const timeout = (template: Template) =>
    resourcesOf(template, 'AWS::Lambda::Function').find(([id]) => id.startsWith('ProducerApiProducer'))?.[1]
      .Properties.Timeout
  expect(timeout(templates('test-cluster').workQueue)).toBeGreaterThan(20 + 2.5)
  expect(timeout(templates('test-cluster').workQueue)).toBeLessThan(29)
})

test('the setting changes neither broker nor queue: what is deployed goes on', () => {
  const { workQueue } = environment('test-one-node')
  const before = stacks('test-one-node')
  const after = stacks('test-one-node', { workQueue: { ...workQueue, ledger: { days: 7 } } })
  for (const type of ['AWS::AmazonMQ::Broker', 'Custom::RabbitMqTopology', 'AWS::EC2::Subnet'])
    for (const stack of ['foundation', 'workQueue'] as const)
      expect(resourcesOf(Template.fromStack(after[stack]), type)).toEqual(
        resourcesOf(Template.fromStack(before[stack]), type),
      )
})
