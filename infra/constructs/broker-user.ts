import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager'
import type { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'
import type { LogSettings } from './helper-logs.ts'

/** A secret `{ username, password }` for a broker user. The topology gives the user this password. */
export function brokerUserSecret(
  scope: Construct,
  id: string,
  username: string,
  { removalPolicy, encryptionKey }: Pick<LogSettings, 'removalPolicy' | 'encryptionKey'>,
): secretsmanager.Secret {
  const secret = new secretsmanager.Secret(scope, id, {
    description: `RabbitMQ user ${username}; a new value is given to the broker at once`,
    generateSecretString: {
      secretStringTemplate: JSON.stringify({ username }),
      generateStringKey: 'password',
      passwordLength: 40,
      excludePunctuation: true,
    },
    encryptionKey,
    removalPolicy,
  })
  acknowledge(secret, {
    'AwsSolutions-SMG4':
      'Rotated by putting a new value, which the topology applies to the broker; a schedule is the team’s choice, since it restarts the workers.',
  })
  return secret
}
