import * as z from 'zod'

/**
 * What the custom resource that applies the topology is given, and its function's time. No secret is among it: a
 * resource's properties can be read by whoever may look at the stack.
 */

/** Timeout of the function, in seconds: it waits for a broker that is coming up for all but the last minute of it. */
export const topologyTimeoutSeconds = 300

/** The properties. CloudFormation makes every value a string, so that the definitions are JSON text. */
export const topologyProperties = z.object({
  /** `JSON.stringify` of the {@link Definitions}. A property, so that a change applies them and a rollback applies the old ones. */
  definitions: z.string().regex(/^\{/, 'must be definitions as JSON'),
  brokerManagementUrl: z.url({ protocol: /^https?$/ }),
  /** Secret of the administrator with whom the broker was made: `{ "username", "password" }`, as all these. */
  adminSecretArn: z.string().min(1),
  /** Secret of a second administrator, which is made: the way back when the first one's password is lost. */
  secondAdminSecretArn: z.string().min(1),
  /** One for each user of the definitions. */
  users: z.array(z.object({ name: z.string().min(1), secretArn: z.string().min(1) })),
})

/** As infra writes them, beside the ServiceToken. */
export type TopologyProperties = z.input<typeof topologyProperties>
