import { ManagementError } from '../amqp/management.ts'
import { brokerUser } from '../contract/topology.ts'
import { setPassword } from './apply.ts'
import type { Patience } from './retry.ts'
import { type ReadSecret, type UserSecret, userSecret } from './secrets.ts'

/**
 * Secrets Manager's own event for a secret whose current version is another now; no CloudTrail is needed.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/event-detail-secret-label-updated-secretsmanager.html
 */
export interface SecretEvent {
  readonly source: 'aws.secretsmanager'
  readonly 'detail-type': 'Secret Label Updated'
  /** The secret's ARN, alone. */
  readonly resources: readonly string[]
  readonly detail: { readonly labelUpdated: string }
}

/** An ECS service, by the names or ARNs of itself and its cluster. */
export interface EcsService {
  readonly cluster: string
  readonly service: string
}

export interface RotationSettings {
  readonly queue: string
  readonly managementUrl: string
  readonly adminSecretArn: string
  readonly secondAdminSecretArn: string
  readonly users: readonly UserSecret[]
  readonly workerServices: readonly EcsService[]
}

export interface RotationParts {
  readonly readSecret: ReadSecret
  /** Starts a new deployment of a service, so that its tasks get the new secret. */
  readonly redeploy: (service: EcsService) => Promise<void>
  readonly patience: Patience
}

/**
 * Gives the broker the new password of a secret, *then* starts the workers anew if it is theirs: the other order would
 * start them with a password that the broker refuses. Open connections live on; the Lambda functions read the
 * secret again when they are refused. An administrator's password is set by the other administrator.
 * @returns what was done, for the log.
 */
export async function onSecretEvent(
  event: SecretEvent,
  settings: RotationSettings,
  { readSecret, redeploy, patience }: RotationParts,
): Promise<string> {
  const [arn = ''] = event.resources
  if (event.detail.labelUpdated !== 'AWSCURRENT')
    return `label ${event.detail.labelUpdated} changes nothing here`
  const changed = await credentialsOf(arn, settings, readSecret)
  const by = arn === settings.adminSecretArn ? settings.secondAdminSecretArn : settings.adminSecretArn
  const target = { managementUrl: settings.managementUrl, admin: await readSecret(by) }
  try {
    await setPassword(target, changed.username, changed.password, patience)
  } catch (error) {
    // a new secret's first version: its user is made with it by the deployment that made the secret
    if (error instanceof ManagementError && error.status === 404) return `no user ${changed.username} yet`
    throw error
  }
  if (changed.username !== brokerUser(settings.queue, 'worker')) return `new password of ${changed.username}`
  const results = await Promise.allSettled(settings.workerServices.map(redeploy))
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  if (failures.length > 0)
    throw new AggregateError(failures, `not all workers could be deployed anew: ${failures}`)
  return `new password of ${changed.username}, new deployment of ${settings.workerServices.length} services`
}

function credentialsOf(arn: string, settings: RotationSettings, readSecret: ReadSecret) {
  if (arn === settings.adminSecretArn || arn === settings.secondAdminSecretArn) return readSecret(arn)
  const user = settings.users.find(({ secretArn }) => secretArn === arn)
  if (user) return userSecret(readSecret, user)
  throw new Error(
    `secret ${arn} belongs to no broker user that this function knows: check the rule's pattern`,
  )
}
