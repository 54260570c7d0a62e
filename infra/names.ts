import { createHash } from 'node:crypto'
import { name } from './environments.ts'

/**
 * Every name in AWS that is given, not generated. Those at the broker are in services/contract/topology.ts. No two of
 * a kind may be equal, whatever the settings are: test/infra/names.test.ts looks at what the templates have.
 * @param environment name of the environment, of a-z 0-9 -
 */
export function namesOf(environment: string) {
  const prefix = `${name}-${environment}`
  return {
    foundationStack: `${prefix}-foundation`,
    /** Of the default queue. What may read logs may so by this beginning: all queues of an environment have it. */
    workQueueStack: `${prefix}-work-queue`,
    /** Of a further queue, of a-z 0-9 - too. */
    furtherQueueStack: (queue: string) => `${prefix}-work-queue-${queue}`,
    /** At most 50 characters. */
    broker: prefix,
    /**
     * The user that the broker is made with. It can never change; no other user's name may end with `-admin`,
     * since a queue may be called like the template.
     */
    firstAdmin: `${name}-admin`,
    metricsNamespace: `${name}/${environment}`,
    /** The DynamoDB table of the ledger. */
    ledger: `${prefix}-ledger`,
    /**
     * The group in EventBridge Scheduler of one schedule, since its metrics are those of a group. With a dot, which no
     * name of an environment has. At most 64 characters.
     */
    scheduleGroup: (schedule: string) => `${prefix}.${schedule}`,
    /** Value of the tag that separates the costs of an environment from all others in the account. */
    deployment: prefix,
  }
}

/** The stack of GitHub's roles, one in an account. */
export const githubStack = `${name}-github`

/** The longest name of a stack that leaves room in {@link retentionFunction}: further queues' have up to 84 characters. */
const longestAsItIs = 54

/** CDK's function for all log retention of a stack. Lambda's names have 64 characters: a longer one ends in a hash. */
export function retentionFunction(stack: string): string {
  if (stack.length <= longestAsItIs) return `${stack}-retention`
  const hash = createHash('sha256').update(stack).digest('hex').slice(0, 12)
  return `${stack.slice(0, longestAsItIs - 13)}-${hash}-retention`
}
