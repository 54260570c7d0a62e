import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { CfnResource, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import type { Environment } from '../../infra/settings/environment.ts'
import { schedulesIn } from '../../services/contract/schedule.ts'
import { environment, environmentNames, type Resource, resourcesOf, schedulesOf, stacks } from './synth.ts'

/** Where each type that keeps data names the key that encrypts it. */
const keyIn: Readonly<Record<string, (properties: Resource['Properties']) => unknown>> = {
  'AWS::SecretsManager::Secret': ({ KmsKeyId }) => KmsKeyId,
  'AWS::Logs::LogGroup': ({ KmsKeyId }) => KmsKeyId,
  'AWS::SNS::Topic': ({ KmsMasterKeyId }) => KmsMasterKeyId,
  'AWS::SQS::Queue': ({ KmsMasterKeyId }) => KmsMasterKeyId,
  'AWS::DynamoDB::Table': ({ SSESpecification }) => SSESpecification?.KMSMasterKeyId,
  'AWS::AmazonMQ::Broker': ({ EncryptionOptions }) => EncryptionOptions?.KmsKeyId,
}

/** What could take a key too, and needs none. */
const needless: Readonly<Record<string, string>> = {
  'AWS::EC2::VPC': 'keeps nothing: its control is about what goes through',
  'AWS::Scheduler::Schedule': 'keeps a request that stands in the template, and in the repository, as it is',
  'AWS::Lambda::Function': 'its variables are names, addresses and ARNs, which security.test.ts holds it to',
}

interface Statement {
  readonly Effect: string
  readonly Principal: { readonly Service?: string | string[] }
}

const kmsKey = 'arn:aws:kms:ap-southeast-2:123456789012:key/fedcba98-7654-3210-fedc-ba9876543210'
const where = { account: '123456789012', region: 'ap-southeast-2' }

function made(name: (typeof environmentNames)[number], change: Partial<Environment>) {
  const { foundation, workQueue } = stacks(name, change)
  const all = [foundation, workQueue]
  return { all, resources: all.flatMap((stack) => resourcesOf(Template.fromStack(stack))) }
}

const list = <Item>(value: Item | Item[]): Item[] => (Array.isArray(value) ? value : [value])

/** Every statement of a role's policies that is about KMS, by the logical id of the policy. */
const aboutKms = (resources: [string, Resource][]) =>
  resources
    .filter(([, { Type }]) => Type === 'AWS::IAM::Policy')
    .flatMap(([id, { Properties }]) =>
      // biome-ignore lint/suspicious/noExplicitAny: a template's properties have whatever shape their type has
      Properties.PolicyDocument.Statement.map((statement: any) => [id, statement] as const),
    )
    .filter(([, { Action }]) => list<string>(Action).some((action) => action.startsWith('kms:')))

describe.each(environmentNames)('%s', (name) => {
  const withKey = made(name, { ...where, network: { zones: 3, egress: 'none' }, kmsKey })
  const without = made(name, { kmsKey: undefined })
  const hasLedger = environment(name).workQueue.ledger !== undefined
  const scheduled = schedulesIn(name, schedulesOf(name)).length > 0
  const keepers = (resources: [string, Resource][]) => resources.filter(([, { Type }]) => Type in keyIn)

  test('with a key, whatever keeps data names it', () => {
    const named = keepers(withKey.resources).map(([id, { Type, Properties }]) => [
      id,
      keyIn[Type]?.(Properties),
    ])
    expect(new Set(keepers(withKey.resources).map(([, { Type }]) => Type))).toEqual(
      new Set(Object.keys(keyIn).filter((type) => hasLedger || type !== 'AWS::DynamoDB::Table')),
    )
    expect(named.filter(([, key]) => key !== kmsKey)).toEqual([])
  })

  test('without one, nothing names a key, and nobody may use one', () => {
    expect(keepers(without.resources).length).toBeGreaterThan(10)
    expect(
      keepers(without.resources).filter(([, { Type, Properties }]) => keyIn[Type]?.(Properties)),
    ).toEqual([])
    expect(JSON.stringify(without.resources)).not.toMatch(/"kms:|:kms:/)
  })

  test('what else could take a key is known, and why it has none', () => {
    const types = withKey.all
      .flatMap((stack) => Stack.of(stack).node.findAll())
      .filter((each) => CfnResource.isCfnResource(each))
      .filter((each) => propertiesOf(each).some((property) => /kms|encrypt|^sse/i.test(property)))
      .map(({ cfnResourceType }) => cfnResourceType)
    const known = [...Object.keys(keyIn), ...Object.keys(needless)]
    const expected = known.filter(
      (type) =>
        (scheduled || type !== 'AWS::Scheduler::Schedule') && (hasLedger || type !== 'AWS::DynamoDB::Table'),
    )
    expect([...new Set(types)].toSorted()).toEqual(expected.toSorted())
  })

  test('who reads a secret may decrypt with that key, by way of Secrets Manager only', () => {
    const reads = withKey.resources.filter(
      ([, { Type, Properties }]) =>
        Type === 'AWS::IAM::Policy' && JSON.stringify(Properties).includes('secretsmanager:GetSecretValue'),
    )
    const decrypts = aboutKms(withKey.resources).filter(
      ([, { Condition }]) =>
        Condition?.StringEquals?.['kms:ViaService'] === 'secretsmanager.ap-southeast-2.amazonaws.com',
    )
    expect(reads.length).toBeGreaterThanOrEqual(5)
    expect(decrypts.map(([id]) => id).toSorted()).toEqual(reads.map(([id]) => id).toSorted())
    for (const [, { Effect, Action, Resource }] of decrypts)
      expect({ Effect, Action, Resource }).toEqual({
        Effect: 'Allow',
        Action: 'kms:Decrypt',
        Resource: kmsKey,
      })
  })

  test('who uses the ledger’s table may use the key for it, by way of DynamoDB only', () => {
    const policies = withKey.resources.filter(([, { Type }]) => Type === 'AWS::IAM::Policy')
    const users = policies.filter(([, { Properties }]) => JSON.stringify(Properties).includes('"dynamodb:'))
    const uses = aboutKms(withKey.resources).filter(
      ([, { Condition }]) =>
        Condition?.StringEquals?.['kms:ViaService'] === 'dynamodb.ap-southeast-2.amazonaws.com',
    )
    expect(users.length > 0).toBe(hasLedger)
    expect(uses.map(([id]) => id).toSorted()).toEqual(users.map(([id]) => id).toSorted())
    for (const [, { Action, Resource }] of uses) {
      expect(Resource).toBe(kmsKey)
      expect(JSON.stringify(Action)).not.toContain('*')
    }
  })

  test('beside that, the key is used only to put a failed event into its queue', () => {
    const others = aboutKms(withKey.resources).filter(
      ([, { Condition }]) => !/"(secretsmanager|dynamodb)\./.test(JSON.stringify(Condition)),
    )
    const ofSchedules = [/^ProducerApiProducerFunctionServiceRole/, /^SchedulesRole/]
    const roles = [...(scheduled ? ofSchedules : []), /^TopologyFunctionServiceRole/]
    expect(others.toSorted(([a], [b]) => a.localeCompare(b))).toEqual(
      roles.map((role) => [
        expect.stringMatching(role),
        {
          Effect: 'Allow',
          Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
          Resource: kmsKey,
          Condition: { StringEquals: { 'kms:ViaService': 'sqs.ap-southeast-2.amazonaws.com' } },
        },
      ]),
    )
  })

  test('the stacks have no key of their own: its policy is its owner’s', () => {
    const types = withKey.resources.map(([, { Type }]) => Type)
    expect(types.filter((type) => type.startsWith('AWS::KMS::'))).toEqual([])
  })
})

test('the policy in docs/encryption.md lets in every service that keeps something under the key for itself', () => {
  const text = readFileSync(resolve(import.meta.dirname, '../../docs/encryption.md'), 'utf8')
  const policy = JSON.parse(/```json\n(.*?)```/s.exec(text)?.[1] ?? '{}')
  const services = (statements: Statement[]) =>
    new Set(
      statements
        .filter(({ Effect }) => Effect === 'Allow')
        .flatMap(({ Principal }) => list(Principal.Service ?? []))
        .map((service) => service.replace('.eu-central-1.', '.')),
    )
  const letIn = environmentNames
    .flatMap((name) => made(name, {}).resources)
    .filter(([, { Type }]) => /^AWS::(SNS::Topic|SQS::Queue)Policy$/.test(Type))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement as Statement[])
  expect(services(policy.Statement)).toEqual(new Set([...services(letIn), 'logs.amazonaws.com']))
})

/** What a type of CloudFormation may be given, set or not. */
function propertiesOf(resource: CfnResource): string[] {
  return [
    ...Object.getOwnPropertyNames(resource),
    ...Object.getOwnPropertyNames(Object.getPrototypeOf(resource)),
  ]
}
