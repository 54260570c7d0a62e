import { RemovalPolicy, Stack } from 'aws-cdk-lib'
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb'
import * as iam from 'aws-cdk-lib/aws-iam'
import type * as kms from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import type { Variables } from '../../services/contract/environment.ts'
import { ledgerKeys } from '../../services/contract/ledger.ts'
import type { ledgerEnvironment } from '../../services/contract/ledger-environment.ts'
import { allowKeyThrough } from './encryption.ts'

/**
 * An environment's ledger as its services know it: by its name. The stacks of further queues are deployed before that
 * of the default queue, which has the table; until it is there, their workers hold what they are given.
 */
export interface LedgerSettings {
  readonly tableName: string
  /** How long records are kept. */
  readonly days: number
  readonly encryptionKey: kms.IKey | undefined
}

/** What a service does in the table: see services/ledger. */
const actions = {
  producer: ['BatchWriteItem', 'PutItem', 'DeleteItem', 'Query'],
  worker: ['BatchWriteItem', 'PutItem', 'UpdateItem'],
  operator: ['BatchWriteItem'],
} as const

/** Those that CDK gives who reads and writes a table, without its wildcards. */
const keyActions = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
] as const

/** The variables with which a service finds the ledger; none without one. */
export function ledgerVariables(
  ledger: LedgerSettings | undefined,
): Partial<Variables<typeof ledgerEnvironment>> {
  return ledger ? { LEDGER_TABLE: ledger.tableName, LEDGER_DAYS: String(ledger.days) } : {}
}

/** Lets a role do in the table what its service does, and no more. */
export function allowLedger(
  scope: Construct,
  { tableName, encryptionKey }: LedgerSettings,
  service: keyof typeof actions,
  role: iam.IGrantable,
): void {
  const resource = { service: 'dynamodb', resource: 'table', resourceName: tableName }
  role.grantPrincipal.addToPrincipalPolicy(
    new iam.PolicyStatement({
      actions: actions[service].map((action) => `dynamodb:${action}`),
      resources: [Stack.of(scope).formatArn(resource)],
    }),
  )
  if (encryptionKey) allowKeyThrough('dynamodb', encryptionKey, keyActions, role)
}

/**
 * The table. It goes with its stack, and when the setting is taken away, whatever `keepData` says: it holds what expires
 * anyway, and a table that stays would stand in the way of the next one with its name. A backup of its last state then
 * stays for 35 days, since point-in-time recovery is on:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
 */
export class Ledger extends Construct {
  readonly table: dynamodb.Table

  constructor(scope: Construct, id: string, { tableName, encryptionKey }: LedgerSettings) {
    super(scope, id)
    const text = dynamodb.AttributeType.STRING
    this.table = new dynamodb.Table(this, 'Table', {
      tableName,
      partitionKey: { name: ledgerKeys.partition, type: text },
      sortKey: { name: ledgerKeys.sort, type: text },
      timeToLiveAttribute: ledgerKeys.expires,
      // nothing to plan, and nothing to pay while nothing is sent
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      ...(encryptionKey ? { encryption: dynamodb.TableEncryption.CUSTOMER_MANAGED, encryptionKey } : {}),
      removalPolicy: RemovalPolicy.DESTROY,
    })
  }
}
