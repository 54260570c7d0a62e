import { paginateDescribeLogGroups } from '@aws-sdk/client-cloudwatch-logs'
import { DescribeTableCommand, ResourceNotFoundException } from '@aws-sdk/client-dynamodb'
import { paginateListBrokers } from '@aws-sdk/client-mq'
import { paginateListSecrets } from '@aws-sdk/client-secrets-manager'
import { ofType } from '../assembly.ts'
import type { Check, DeployTarget } from './check.ts'
import type { DeployProblem } from './findings.ts'
import { inOrder, removalOf, type Thing } from './removal.ts'
import { findStack, resourcesOf } from './stacks.ts'

/**
 * What earlier deploys left that no stack owns, and that has a name which this one would give again: CloudFormation
 * would fail there, half an hour later. What has a name of its own is in nobody's way, and is named with the rest.
 */
export const orphans: Check = {
  name: 'what earlier deploys left',
  async run(target) {
    const found = await Promise.all([brokers(target), logGroups(target), secrets(target), tables(target)])
    const owned = new Set(
      (await Promise.all(target.assembly.stacks.map((stack) => idsOf(target, stack.name)))).flat(),
    )
    // a queue's stack may have a name that begins as another's does
    const all = new Map(found.flat().map((each) => [each.id, each]))
    const left = [...all.values()].filter(({ id }) => !owned.has(id))
    return left.some(({ taken }) => taken) ? [problem(left, target.region)] : []
  },
}

interface Left extends Thing {
  /** What is told of it. */
  readonly told: string
  /** Whether it has a name that the templates give. */
  readonly taken: boolean
}

async function idsOf(target: DeployTarget, stack: string): Promise<string[]> {
  if ((await findStack(target, stack)) === undefined) return []
  return (await resourcesOf(target, stack)).map(({ id }) => id)
}

/** The names that the templates give to resources of a type. */
function given({ assembly }: DeployTarget, type: string, property: string): ReadonlySet<string> {
  const names = ofType(assembly.stacks, type).map(({ Properties = {} }) => Properties[property])
  return new Set(names.filter((name) => typeof name === 'string'))
}

async function brokers(target: DeployTarget): Promise<Left[]> {
  const type = 'AWS::AmazonMQ::Broker'
  const names = given(target, type, 'BrokerName')
  const found: Left[] = []
  for await (const { BrokerSummaries = [] } of paginateListBrokers({ client: target.aws.mq }, {}))
    for (const { BrokerId: id = '', BrokerName: name = '', BrokerState } of BrokerSummaries)
      if (names.has(name)) {
        const told = `broker ${name} (${id}, ${BrokerState})`
        found.push({ type, id, told, taken: true, going: BrokerState === 'DELETION_IN_PROGRESS' })
      }
  return found
}

async function logGroups(target: DeployTarget): Promise<Left[]> {
  const type = 'AWS::Logs::LogGroup'
  const names = given(target, type, 'LogGroupName')
  const stacks = target.assembly.stacks.map(({ name }) => `${name}-`)
  const found: Left[] = []
  for (const logGroupNamePrefix of [...names, ...stacks])
    for await (const { logGroups = [] } of paginateDescribeLogGroups(
      { client: target.aws.logs },
      { logGroupNamePrefix },
    ))
      for (const { logGroupName: id = '' } of logGroups)
        if (names.has(id) || stacks.includes(logGroupNamePrefix))
          found.push({ type, id, told: `log group ${id}`, taken: names.has(id) })
  return found
}

/** Also those that wait for their deletion: their names are taken. */
async function secrets(target: DeployTarget): Promise<Left[]> {
  const type = 'AWS::SecretsManager::Secret'
  const names = given(target, type, 'Name')
  const stacks = target.assembly.stacks.map(({ name }) => name)
  const Filters = [{ Key: 'tag-value' as const, Values: stacks }]
  const found: Left[] = []
  for await (const { SecretList = [] } of paginateListSecrets(
    { client: target.aws.secrets },
    { Filters, IncludePlannedDeletion: true },
  ))
    for (const { ARN: id = '', Name: name = '', Tags = [] } of SecretList) {
      const ours = Tags.some(
        ({ Key, Value = '' }) => Key === 'aws:cloudformation:stack-name' && stacks.includes(Value),
      )
      if (ours) found.push({ type, id, told: `secret ${name}`, taken: names.has(name) })
    }
  return found
}

/** Such as a ledger that was restored from its backup. */
async function tables(target: DeployTarget): Promise<Left[]> {
  const type = 'AWS::DynamoDB::Table'
  const found = [...given(target, type, 'TableName')].map(async (id): Promise<Left[]> => {
    try {
      const { Table } = await target.aws.dynamoDb.send(new DescribeTableCommand({ TableName: id }))
      if (Table === undefined) return []
      const { TableStatus: status } = Table
      return [{ type, id, told: `table ${id} (${status})`, taken: true, going: status === 'DELETING' }]
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return []
      throw error
    }
  })
  return (await Promise.all(found)).flat()
}

function problem(left: readonly Left[], region: string): DeployProblem {
  return {
    what: 'an earlier deploy left resources with names that this one needs',
    seen: `none of these stacks owns ${left.map(({ told }) => told).join(', ')}`,
    remedy: inOrder(removalOf(left, region), left),
  }
}
