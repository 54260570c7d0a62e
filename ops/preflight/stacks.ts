import {
  type CloudFormationClient,
  CloudFormationServiceException,
  DescribeStacksCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation'
import type { Check } from './check.ts'
import type { DeployProblem } from './findings.ts'

/** Stack names are free, or the stacks are ours and in a state that can be updated. */
export const stacks: Check = {
  name: 'stacks',
  async run(target) {
    const problems = target.assembly.stacks.map(async ({ name, tags }) => {
      const found = await findStack(target, name)
      if (found === undefined) return []
      const seen = new Map(found.Tags?.map(({ Key, Value }) => [Key, Value]))
      const foreign = Object.entries(tags).filter(([key, value]) => seen.get(key) !== value)
      return foreign.length > 0 ? [taken(name, foreign)] : stuck(name, found.StackStatus ?? '', target.region)
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

/** States that CloudFormation does not leave by an update, and what ends each. */
const ways: readonly [RegExp, (stack: string) => string][] = [
  [
    /^(ROLLBACK_COMPLETE|ROLLBACK_FAILED|DELETE_FAILED|CREATE_FAILED)$/,
    (at) => `aws cloudformation delete-stack ${at}`,
  ],
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

function stuck(name: string, status: string, region: string): DeployProblem[] {
  const way = ways.find(([pattern]) => pattern.test(status))
  if (way === undefined) return []
  return [
    {
      what: `the stack ${name} cannot be updated as it is`,
      seen: status,
      remedy: way[1](`--stack-name ${name} --region ${region}`),
    },
  ]
}
