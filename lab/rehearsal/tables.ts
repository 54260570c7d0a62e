import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { startDynamoDb } from '../../local/ledger-process.ts'
import { type LedgerCall, startLedgerFront } from '../../test/support/ledger-front.ts'
import type { Place } from './place.ts'
import { type Deployment, pseudo } from './resolve.ts'
import { mayDo } from './roles.ts'

interface QueuePlace {
  readonly deployment: Deployment
  readonly place: Place
}

/**
 * Makes the tables of the templates in a DynamoDB on this machine, where each queue's functions and workers may do what
 * their roles let them; where the templates have none, nothing.
 * @param onRefusal told of what a role may not do: the service would ask again and again
 * @returns the tables' names
 */
export async function createTables(
  queues: readonly QueuePlace[],
  onRefusal: (error: Error) => void,
  stack: AsyncDisposableStack,
): Promise<string[]> {
  const tables = queues.flatMap(({ deployment }) => deployment.all('AWS::DynamoDB::Table'))
  if (tables.length === 0) return []
  const dynamoDb = await startDynamoDb()
  stack.defer(() => dynamoDb.stop())
  const client = new DynamoDBClient({
    endpoint: dynamoDb.endpoint,
    region: pseudo['AWS::Region'] ?? '',
    credentials: { accessKeyId: 'REHEARSAL', secretAccessKey: 'not-a-secret' },
  })
  for (const { properties } of tables) {
    const { TableName, BillingMode, KeySchema, AttributeDefinitions } =
      properties as unknown as CreateTableCommandInput
    await client.send(new CreateTableCommand({ TableName, BillingMode, KeySchema, AttributeDefinitions }))
  }
  client.destroy()
  for (const { deployment, place } of queues) {
    const front = stack.use(await startLedgerFront(dynamoDb.endpoint))
    const refusal = refusalOf(deployment)
    front.treat((call) => {
      const reason = refusal(call)
      if (reason !== undefined) onRefusal(new Error(reason))
      return reason === undefined ? 'pass' : 'deny'
    })
    place.dynamoDb = front.endpoint
  }
  return tables.map(({ properties }) => String(properties['TableName']))
}

/** Why a call is refused; undefined where it may be. The access key is the logical id of function or task definition. */
function refusalOf(deployment: Deployment): (call: LedgerCall) => string | undefined {
  const known = new Map<string, string | undefined>()
  const ask = (accessKey: string, action: string, table: string) => {
    const caller = deployment.byId(accessKey)
    const { Role, TaskRoleArn } = caller?.properties ?? {}
    const { 'AWS::Region': region, 'AWS::AccountId': account } = pseudo
    const arn = `arn:aws:dynamodb:${region}:${account}:table/${table}`
    if (mayDo(deployment, String(Role ?? TaskRoleArn), action, arn)) return undefined
    return `${caller?.path ?? accessKey} calls ${action} on ${arn}, which its role may not`
  }
  return ({ accessKey, operation, body }) => {
    const { TableName, RequestItems = {} } = JSON.parse(body)
    const [table] = TableName === undefined ? Object.keys(RequestItems) : [TableName]
    const key = `${accessKey} ${operation} ${table}`
    if (!known.has(key)) known.set(key, ask(accessKey, `dynamodb:${operation}`, table))
    return known.get(key)
  }
}
