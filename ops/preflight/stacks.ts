import {
  type CloudFormationClient,
  CloudFormationServiceException,
  DescribeStacksCommand,
  paginateListStackResources,
  type Stack,
} from '@aws-sdk/client-cloudformation'
import type { Check, DeployTarget } from './check.ts'
import type { DeployProblem } from './findings.ts'
import { deletionOf, inOrder, removalOf, type Thing } from './removal.ts'

/** Stack names are free, or the stacks are ours and in a state that can be updated. */
export const stacks: Check = {
  name: 'stacks',
  async run(target) {
    // what stands on another stack goes before it
    const problems = target.assembly.stacks.toReversed().map(async ({ name, tags }) => {
      const found = await findStack(target, name)
      if (found === undefined) return []
      const seen = new Map(found.Tags?.map(({ Key, Value }) => [Key, Value]))
      const foreign = Object.entries(tags).filter(([key, value]) => seen.get(key) !== value)
      return foreign.length > 0 ? [taken(name, foreign)] : stuck(target, name, found)
    })
    return (await Promise.all(problems)).flat()
  },
}

interface StackReader {
  readonly aws: { readonly cloudFormation: CloudFormationClient }
}

/** The stack of this name; undefined where there is none. */
export async function findStack({ aws }: StackReader, name: string): Promise<Stack | undefined> {
  try {
    const { Stacks } = await aws.cloudFormation.send(new DescribeStacksCommand({ StackName: name }))
    return Stacks?.[0]
  } catch (error) {
    // that is how CloudFormation answers for a name that it does not know
    if (error instanceof CloudFormationServiceException && / does not exist$/.test(error.message))
      return undefined
    throw error
  }
}

function taken(name: string, missing: readonly [string, string][]): DeployProblem {
  return {
    what: `the stack name ${name} is taken by a stack that is not ours`,
    seen: `it lacks the tags ${missing.map(([key, value]) => `${key}=${value}`).join(', ')}`,
    remedy: 'choose another prefix: `name` in infra/environments.ts, or deploy to another account or region',
  }
}

/** A resource of a stack, and what CloudFormation says of it. */
export interface Owned extends Thing {
  readonly status: string
}

/** The resources of a stack that is there. */
export async function resourcesOf({ aws }: StackReader, name: string): Promise<Owned[]> {
  const owned: Owned[] = []
  const pages = paginateListStackResources({ client: aws.cloudFormation }, { StackName: name })
  for await (const { StackResourceSummaries = [] } of pages)
    for (const {
      ResourceType: type = '',
      PhysicalResourceId: id = '',
      ResourceStatus: status = '',
    } of StackResourceSummaries)
      owned.push({ type, id, status })
  return owned
}

/** States that only the stack's deletion ends: it was never there as a whole, or is no more. */
const dead = /^(ROLLBACK_COMPLETE|ROLLBACK_FAILED|DELETE_FAILED|CREATE_FAILED)$/

/** Other states that CloudFormation does not leave by an update, and what ends each. */
const ways: readonly [RegExp, (stack: string) => string][] = [
  [/^UPDATE_ROLLBACK_FAILED$/, (at) => `aws cloudformation continue-update-rollback ${at}`],
  [/^UPDATE_FAILED$/, (at) => `aws cloudformation rollback-stack ${at}`],
  [/^CREATE_IN_PROGRESS$/, (at) => `aws cloudformation wait stack-create-complete ${at}`],
  [
    /^(DELETE_IN_PROGRESS|ROLLBACK_IN_PROGRESS)$/,
    (at) => `aws cloudformation wait stack-delete-complete ${at}`,
  ],
  [/ROLLBACK.*_IN_PROGRESS$/, (at) => `aws cloudformation wait stack-rollback-complete ${at}`],
  [/^UPDATE.*_IN_PROGRESS$/, (at) => `aws cloudformation wait stack-update-complete ${at}`],
]

async function stuck(target: DeployTarget, name: string, stack: Stack): Promise<DeployProblem[]> {
  const { region } = target
  const status = stack.StackStatus ?? ''
  const what = `the stack ${name} cannot be updated as it is`
  if (dead.test(status)) {
    // a stack that never came up has a broker that never held a task; what its template keeps is left out of the deletion, and holds up that of the network
    const kept = (await resourcesOf(target, name)).filter((each) => each.status === 'DELETE_SKIPPED')
    const commands = [
      ...removalOf(kept, region),
      ...deletionOf(name, stack.EnableTerminationProtection === true, region),
    ]
    const left = kept.length > 0 ? `, and ${kept.map(({ type, id }) => `${type} ${id}`).join(', ')} kept` : ''
    return [
      { what, seen: `${status}${left}`, remedy: inOrder(commands, status === 'DELETE_FAILED' ? kept : []) },
    ]
  }
  const way = ways.find(([pattern]) => pattern.test(status))
  if (way === undefined) return []
  return [{ what, seen: status, remedy: way[1](`--stack-name ${name} --region ${region}`) }]
}
