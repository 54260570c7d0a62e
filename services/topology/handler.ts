import { ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs'
import type { CdkCustomResourceEvent, CdkCustomResourceResponse } from 'aws-lambda'
import { readSecret } from '../amqp/credentials.ts'
import { parseEnvironment, topologyEnvironment } from '../contract/environment.ts'
import { topologyTimeoutSeconds } from '../contract/topology-resource.ts'
import { createLogger } from '../telemetry/logger.ts'
import { type Examined, type ExamineRequest, examineBroker } from './examine.ts'
import { onResourceEvent } from './resource.ts'
import { type EcsService, onSecretEvent, type SecretEvent } from './rotation.ts'

/**
 * Composition root of the topology function: CloudFormation calls it on deploy, EventBridge when a secret changed,
 * `npm run status` to look.
 */
const env = parseEnvironment(topologyEnvironment, process.env)
const log = createLogger(env.LOG_LEVEL)
const ecs = new ECSClient({})
const patience = { waitSeconds: topologyTimeoutSeconds - 60, progress: (line: string) => log.info(line) }

const settings = {
  queue: env.QUEUE_NAME,
  managementUrl: env.BROKER_MANAGEMENT_URL,
  adminSecretArn: env.ADMIN_SECRET_ARN,
  secondAdminSecretArn: env.SECOND_ADMIN_SECRET_ARN,
  users: env.USER_SECRETS,
  workerServices: env.WORKER_SERVICES,
}

async function redeploy({ cluster, service }: EcsService): Promise<void> {
  await ecs.send(new UpdateServiceCommand({ cluster, service, forceNewDeployment: true }))
}

export async function handler(
  event: CdkCustomResourceEvent | SecretEvent | ExamineRequest,
): Promise<CdkCustomResourceResponse | Examined | undefined> {
  if ('action' in event) return examineBroker(settings, readSecret)
  if ('RequestType' in event) {
    const response = await onResourceEvent(event, readSecret, patience)
    log.info('the broker is as asked', { request: event.RequestType, resource: response.PhysicalResourceId })
    return response
  }
  log.info(await onSecretEvent(event, settings, { readSecret, redeploy, patience }))
  return undefined
}
