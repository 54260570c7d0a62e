import type { Stack } from 'aws-cdk-lib'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as kms from 'aws-cdk-lib/aws-kms'
import type { Environment } from '../settings/environment.ts'

/** The key that an environment names, if it does. Nothing is looked up, and its policy stays its owner's. */
export function keyOf(stack: Stack, { kmsKey }: Pick<Environment, 'kmsKey'>): kms.IKey | undefined {
  return kmsKey === undefined ? undefined : kms.Key.fromKeyArn(stack, 'EncryptionKey', kmsKey)
}

/** Services of AWS that use the key for whoever calls them. */
type KeyUser = 'secretsmanager' | 'sqs' | 'dynamodb'

type KeyAction =
  | 'kms:Decrypt'
  | 'kms:DescribeKey'
  | 'kms:Encrypt'
  | 'kms:ReEncryptFrom'
  | 'kms:ReEncryptTo'
  | 'kms:GenerateDataKey'
  | 'kms:GenerateDataKeyWithoutPlaintext'

/**
 * Lets somebody use a key through one AWS service, and never directly: `kms:Decrypt` to read what the service keeps,
 * `kms:GenerateDataKey` to give it something. The key's policy, which belongs to its owner, says what the service
 * itself may do: docs/encryption.md.
 * https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
 */
export function allowKeyThrough(
  service: KeyUser,
  key: kms.IKey,
  actions: readonly KeyAction[],
  grantee: iam.IGrantable,
): void {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new iam.PolicyStatement({
      actions: [...actions],
      resources: [key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `${service}.${key.env.region}.amazonaws.com` } },
    }),
  )
}
