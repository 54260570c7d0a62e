import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { EC2Client } from '@aws-sdk/client-ec2'
import { IAMClient } from '@aws-sdk/client-iam'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { MqClient } from '@aws-sdk/client-mq'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas'
import { STSClient } from '@aws-sdk/client-sts'
import { XRayClient } from '@aws-sdk/client-xray'
import { clientSettings } from '../region.ts'

export type Clients = ReturnType<typeof createClients>

/**
 * Clients of the AWS APIs for one region. They give up after a few seconds: a check that hangs helps nobody. A proxy
 * is taken from `env` (HTTPS_PROXY, NO_PROXY), which the clients do not do by themselves.
 */
export function createClients(region: string, env: NodeJS.ProcessEnv) {
  const settings = clientSettings(region, env)
  return {
    cloudFormation: new CloudFormationClient(settings),
    cloudWatch: new CloudWatchClient(settings),
    dynamoDb: new DynamoDBClient(settings),
    ec2: new EC2Client(settings),
    iam: new IAMClient(settings),
    lambda: new LambdaClient(settings),
    logs: new CloudWatchLogsClient(settings),
    mq: new MqClient(settings),
    secrets: new SecretsManagerClient(settings),
    quotas: new ServiceQuotasClient(settings),
    sts: new STSClient(settings),
    xray: new XRayClient(settings),
  }
}
