import type { CdkCustomResourceEvent, CdkCustomResourceResponse } from 'aws-lambda'
import * as z from 'zod'
import type { Definitions } from '../contract/definitions.ts'
import { topologyProperties } from '../contract/topology-resource.ts'
import { applyTopology } from './apply.ts'
import type { Patience } from './retry.ts'
import { type ReadSecret, userSecret } from './secrets.ts'

/**
 * CloudFormation's side of the topology: applies the definitions on create and update. Delete leaves the broker alone,
 * since its queues may hold tasks. The id is the queue's: under another queue name this is another resource, and the
 * old queue stays with its users and bindings until somebody removes them, so that what is in it can be worked off.
 * @throws Error that says what the broker answered; CloudFormation shows it and rolls back.
 */
export async function onResourceEvent(
  event: CdkCustomResourceEvent,
  readSecret: ReadSecret,
  patience: Patience,
): Promise<CdkCustomResourceResponse> {
  if (event.RequestType === 'Delete') return { PhysicalResourceId: event.PhysicalResourceId }
  const { brokerManagementUrl, adminSecretArn, secondAdminSecretArn, ...rest } = topologyProperties.parse(
    event.ResourceProperties,
  )
  const asked = parseDefinitions(rest.definitions)
  const id = physicalId(asked)
  const previous =
    event.RequestType === 'Update'
      ? parsePrevious(event.OldResourceProperties, secondAdminSecretArn)
      : undefined

  const [admin, second, ...users] = await Promise.all([
    readSecret(adminSecretArn),
    readSecret(secondAdminSecretArn),
    ...rest.users.map((user) => userSecret(readSecret, user)),
  ])
  const passwords = Object.fromEntries([second, ...users].map((user) => [user.username, user.password]))
  await applyTopology(
    { managementUrl: brokerManagementUrl, admin },
    withAdministrator(asked, second.username),
    passwords,
    { ...patience, previous: previous && physicalId(previous) === id ? previous : undefined },
  )
  return { PhysicalResourceId: id }
}

/** The definitions with an administrator more, who may do everything in the queue's vhost. */
function withAdministrator(definitions: Definitions, name: string): Definitions {
  const { vhost } = workQueue(definitions)
  return {
    ...definitions,
    users: [...definitions.users, { name, tags: ['administrator'], limits: {} }],
    permissions: [
      ...definitions.permissions,
      { user: name, vhost, configure: '.*', write: '.*', read: '.*' },
    ],
  }
}

const physicalId = (definitions: Definitions) => {
  const { vhost, name } = workQueue(definitions)
  return `topology of ${name} in ${vhost}`
}

function workQueue({ queues: [queue] }: Definitions): { readonly vhost: string; readonly name: string } {
  if (!queue) throw new Error('property definitions has no queues')
  return queue
}

// only what this file looks at itself: the broker judges the rest
const shape = z.looseObject({
  users: z.array(z.unknown()),
  permissions: z.array(z.unknown()),
  exchanges: z.array(z.unknown()),
  queues: z.array(z.looseObject({ vhost: z.string(), name: z.string() })),
  bindings: z.array(z.unknown()),
  policies: z.array(z.unknown()),
})

function parseDefinitions(text: string): Definitions {
  return shape.parse(JSON.parse(text)) as unknown as Definitions
}

/** What was there before may be of a version that had another form: then nothing of it is removed. */
function parsePrevious(
  { definitions, secondAdminSecretArn }: Readonly<Record<string, unknown>>,
  secondAdminNow: string,
): Definitions | undefined {
  const parsed = shape.safeParse(JSON.parse(typeof definitions === 'string' ? definitions : 'null'))
  if (!parsed.success) return undefined
  const previous = parsed.data as unknown as Definitions
  // the second administrator's name before 0.2, which could be the first one's too
  const renamed = secondAdminSecretArn !== secondAdminNow
  return renamed ? withAdministrator(previous, `${workQueue(previous).name}-admin`) : previous
}
