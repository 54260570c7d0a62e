import { DescribeStackResourcesCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { DescribeServicesCommand, DescribeTaskDefinitionCommand } from '@aws-sdk/client-ecs'
import { InvokeCommand, ListFunctionsCommand } from '@aws-sdk/client-lambda'
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { manage, path } from '../../services/amqp/management.ts'
import { changes } from './changed.ts'
import type { Stage } from './stage.ts'

/** A stack's status, and the logical ids of the resources that it has. */
export async function statusOf({ clients: { cloudFormation } }: Stage, name: string) {
  const [{ Stacks: [found] = [] }, { StackResources = [] }] = await Promise.all([
    cloudFormation.send(new DescribeStacksCommand({ StackName: name })),
    cloudFormation.send(new DescribeStackResourcesCommand({ StackName: name })),
  ])
  const there = StackResources.filter(({ ResourceStatus = '' }) =>
    /^(CREATE|UPDATE)_COMPLETE$/.test(ResourceStatus),
  )
  return {
    name,
    status: found?.StackStatus,
    created: there.map(({ LogicalResourceId = '' }) => LogicalResourceId),
  }
}

/** An output of a stack. @throws Error when it has none of that name */
export async function outputOf(
  { clients: { cloudFormation } }: Stage,
  StackName: string,
  key: string,
): Promise<string> {
  const { Stacks: [found] = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName }))
  const value = found?.Outputs?.find(({ OutputKey }) => OutputKey === key)?.OutputValue
  if (value === undefined) throw new Error(`${StackName} has no output ${key}`)
  return value
}

/** The physical ids of a stack's resources of one type. */
async function idsOf(
  { clients: { cloudFormation } }: Stage,
  StackName: string,
  type: string,
): Promise<string[]> {
  const { StackResources = [] } = await cloudFormation.send(new DescribeStackResourcesCommand({ StackName }))
  return StackResources.filter(({ ResourceType }) => ResourceType === type).map(
    (each) => each.PhysicalResourceId ?? '',
  )
}

/** Gives the broker the administrator whose password the foundation has made. */
export async function createAdministrator(stage: Stage, foundation: string): Promise<void> {
  const [SecretId] = await idsOf(stage, foundation, 'AWS::SecretsManager::Secret')
  const { SecretString = '' } = await stage.clients.secrets.send(new GetSecretValueCommand({ SecretId }))
  const { username, password } = JSON.parse(SecretString)
  await stage.broker.createAdministrator(username, password)
}

/** Runs the probe as its schedule would. @throws Error with what it threw */
export async function invokeProbe({ clients: { lambda } }: Stage): Promise<void> {
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}))
  const probe = Functions.find(({ FunctionName = '' }) => FunctionName.includes('QueueProbe'))
  if (!probe) throw new Error('the emulator has no function QueueProbe')
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({ FunctionName: probe.FunctionName }),
  )
  if (FunctionError) throw new Error(`the probe failed: ${Payload?.transformToString()}`)
}

/** Where the update can be seen: in the broker, and in what ECS would start. @throws Error where it cannot */
export async function cluesOfUpdate(stage: Stage, workQueue: string): Promise<string[]> {
  const { broker, clients } = stage
  const policy = (await manage(broker.access, 'GET', path('policies', '/', 'tasks'))) as {
    definition: Record<string, unknown>
  }
  const [cluster] = await idsOf(stage, workQueue, 'AWS::ECS::Cluster')
  const { services: [small] = [] } = await clients.ecs.send(
    new DescribeServicesCommand({ cluster, services: ['small'] }),
  )
  const { taskDefinition } = await clients.ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: small?.taskDefinition }),
  )
  const seen = {
    maxLength: policy.definition['max-length'],
    cpu: Number(taskDefinition?.cpu),
  }
  if (JSON.stringify(seen) !== JSON.stringify(changes))
    throw new Error(`after the update must be ${JSON.stringify(changes)}, is ${JSON.stringify(seen)}`)
  return [`RabbitMQ's policy has max-length ${seen.maxLength}`, `small's tasks ${seen.cpu} CPU units`]
}
