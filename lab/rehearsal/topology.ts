import { randomUUID } from 'node:crypto'
import type { RehearsalBroker } from './broker.ts'
import type { Started, Starter } from './functions.ts'
import { type Deployed, type Deployment, pseudo } from './resolve.ts'

/** Gives the broker the user that Amazon MQ would create it with. */
export async function createBroker({ properties }: Deployed, broker: RehearsalBroker): Promise<void> {
  const { EngineVersion, Users } = properties as {
    EngineVersion: string
    Users: { Username: string; Password: string }[]
  }
  if (!broker.version.startsWith(`${EngineVersion}.`))
    throw new Error(`the template asks for RabbitMQ ${EngineVersion}, here runs ${broker.version}`)
  for (const { Username, Password } of Users) await broker.createAdministrator(Username, Password)
}

/** Creates the custom resource: its function gets what CDK's provider framework would hand on from CloudFormation. */
export async function createTopology(deployment: Deployment, start: Starter): Promise<Started> {
  const resource = deployment.one('Custom::QueueTopology')
  const { ServiceToken } = resource.properties
  const framework = deployment
    .all('AWS::Lambda::Function')
    .find(({ id }) => String(ServiceToken).endsWith(`:${id}`))
  const variables = framework?.properties['Environment'] as { Variables: Record<string, string> } | undefined
  const handler = variables?.Variables['USER_ON_EVENT_FUNCTION_ARN']
  if (!handler) throw new Error(`${resource.path} has no provider framework that calls a function`)
  const topology = await start(handler)
  const answer = (await topology.invoke({
    RequestType: 'Create',
    ServiceToken,
    ResponseURL: '...',
    StackId: `arn:aws:cloudformation:${pseudo['AWS::Region']}:${pseudo['AWS::AccountId']}:stack/${resource.stack}/1`,
    RequestId: randomUUID(),
    LogicalResourceId: resource.id,
    ResourceType: resource.type,
    ResourceProperties: inStrings(resource.properties),
  })) as { PhysicalResourceId?: unknown } | null
  if (typeof answer?.PhysicalResourceId !== 'string')
    throw new Error(`${resource.path} must give a PhysicalResourceId, got ${JSON.stringify(answer)}`)
  return topology
}

/** CloudFormation makes every value of a custom resource's properties a string. */
function inStrings(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inStrings)
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inStrings(inner)]))
}
