import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb'
import type { Variables } from '../services/contract/environment.ts'
import { ledgerKeys } from '../services/contract/ledger.ts'
import type { ledgerEnvironment } from '../services/contract/ledger-environment.ts'
import { beside, type ServiceProcess, startService } from './service-process.ts'

/** How long the record of a task is kept here, in days. */
const days = 7

/** A DynamoDB on this machine: a process, whose memory has all that is in it. */
export interface DynamoDbProcess extends ServiceProcess {
  readonly endpoint: string
}

/** One with a ledger's table. */
export interface LedgerProcess extends ServiceProcess {
  /** With which producer and workers find it. */
  readonly variables: Variables<typeof ledgerEnvironment>
}

/**
 * Starts one, and makes the table that a deployment has.
 * @param port 0 for any that is free
 * @throws Error when it cannot be started
 */
export async function startLedger(port = 0): Promise<LedgerProcess> {
  const { endpoint, ...service } = await startDynamoDb(port)
  await createTable(endpoint)
  return {
    ...service,
    variables: { LEDGER_TABLE: table, LEDGER_DAYS: String(days), LEDGER_ENDPOINT: endpoint },
  }
}

/** Starts one without any table. @throws Error when it cannot be started */
export async function startDynamoDb(port = 0): Promise<DynamoDbProcess> {
  const { promise: listening, resolve, reject } = Promise.withResolvers<string>()
  const service = startService({
    command: [beside('ledger-main.ts'), String(port)],
    variables: {},
    onRecord: ({ msg, endpoint }) => msg === 'listening' && resolve(String(endpoint)),
  })
  void service.ended.then((how) => reject(new Error(`the ledger ended before it listened: ${how}`)))
  return { ...service, endpoint: await listening }
}

const table = 'ledger'

async function createTable(endpoint: string): Promise<void> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = new DynamoDBClient({ endpoint, region: 'local', credentials })
  const { partition, sort } = ledgerKeys
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: partition, KeyType: 'HASH' },
        { AttributeName: sort, KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [partition, sort].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    }),
  )
  await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.05 }, { TableName: table })
  client.destroy()
}
