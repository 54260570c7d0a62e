import { resolver } from '../../test/infra/resolve.ts'
import { type EnvironmentName, resourcesOf, templates } from '../../test/infra/synth.ts'
import { awsActions } from './aws-attempts.ts'
import { type Decision, decide, type Statement } from './iam.ts'

/** AWS's own policies that roles of ours have, as its reference has them: only what they allow, on everything. */
const managed: Readonly<Record<string, readonly string[]>> = {
  AWSLambdaBasicExecutionRole: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
  AWSLambdaVPCAccessExecutionRole: [
    ...['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents', 'ec2:CreateNetworkInterface'],
    ...['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets', 'ec2:DeleteNetworkInterface'],
    ...['ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses'],
  ],
}

/** Whose credentials were stolen, by the beginning of the role's logical id. */
export const stolenRoles: Readonly<Record<string, string>> = {
  'the producer function': 'ProducerApiProducerFunctionServiceRole',
  'a worker': 'WorkersmallTaskTaskRole',
  'ECS, which starts workers': 'WorkersmallTaskExecutionRole',
  'the probe function': 'QueueProbeFunctionServiceRole',
  'the operator function': 'OperatorFunctionServiceRole',
  'the topology function': 'TopologyFunctionServiceRole',
  'CDK’s provider of the topology': 'TopologyProviderframeworkonEventServiceRole',
  'a schedule': 'SchedulesRole',
}

/** Something that a role may do. */
export interface Possibility {
  readonly role: string
  readonly action: string
  readonly decision: Decision
  /** Names of the environment's things; `anything` where nothing limits it. */
  readonly on: readonly string[]
}

/** Of everybody, and of nobody in this environment. */
const foreign = 'arn:aws:any:eu-west-1:999999999999:of-another-environment'

/** Tries each action, on each thing that any policy of the environment names and on one that none does, in each role. */
export function tryRoles(name: EnvironmentName): {
  readonly possible: readonly Possibility[]
  readonly tried: number
} {
  const statements = statementsOf(name)
  const all = [...statements.values()].flat()
  const actions = [...new Set([...awsActions, ...all.flatMap(({ Action }) => [Action].flat())])].toSorted()
  const things = [...new Set(all.flatMap(({ Resource }) => [Resource].flat()))].filter(
    (thing) => thing !== '*',
  )
  const targets = things.map((thing) => thing.replaceAll('*', 'one-of-them'))
  const possible = Object.entries(stolenRoles).flatMap(([role, id]) => {
    const own = statements.get(id)
    if (!own) throw new Error(`there is no role ${id}`)
    return actions.flatMap((action) => possibilities(role, action, own, targets))
  })
  return { possible, tried: actions.length * Object.keys(stolenRoles).length * (targets.length + 1) }
}

function possibilities(
  role: string,
  action: string,
  own: readonly Statement[],
  targets: readonly string[],
): Possibility[] {
  const everywhere = decide(own, action, foreign)
  if (everywhere !== 'refused') return [{ role, action, decision: everywhere, on: ['anything'] }]
  const allowed = targets.map((target) => ({ target, decision: decide(own, action, target) }))
  return (['possible', 'possible under a condition'] as const).flatMap((decision) => {
    const on = allowed.filter((each) => each.decision === decision).map(({ target }) => shortened(target))
    return on.length > 0 ? [{ role, action, decision, on: [...new Set(on)].toSorted() }] : []
  })
}

/** Without account, region, and the hash that CDK gives names. */
function shortened(arn: string): string {
  const last = arn.startsWith('arn:') ? arn.split(':').slice(5).join(':') : arn
  return last.replace(/[0-9A-F]{8}(?=$|[./:])/, '').replace(/cdk-hnb659fds-(.*?)-\d.*/, 'cdk-$1')
}

function statementsOf(name: EnvironmentName): Map<string, Statement[]> {
  const made = templates(name)
  const found = new Map<string, Statement[]>()
  const withoutHash = (id: string) => id.replace(/[0-9A-F]{8}$/, '')
  for (const template of [made.foundation, made.workQueue]) {
    const resolve = resolver(template, made)
    for (const [id, { Properties }] of resourcesOf(template, 'AWS::IAM::Role')) {
      const names = (resolve(Properties.ManagedPolicyArns ?? []) as string[]).map(
        (arn) => arn.split('/').at(-1) ?? '',
      )
      const inline = (
        resolve(Properties.Policies ?? []) as { PolicyDocument: { Statement: Statement[] } }[]
      ).flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      const given = names.map(
        (each): Statement => ({ Effect: 'Allow', Action: managedActions(each), Resource: '*' }),
      )
      found.set(withoutHash(id), [...inline, ...given])
    }
    for (const [, { Properties }] of resourcesOf(template, 'AWS::IAM::Policy'))
      for (const role of resolve(Properties.Roles) as string[])
        found.get(withoutHash(role))?.push(...(resolve(Properties.PolicyDocument.Statement) as Statement[]))
  }
  return found
}

function managedActions(policy: string): readonly string[] {
  const actions = managed[policy]
  if (!actions) throw new Error(`what AWS's policy ${policy} allows is not known here`)
  return actions
}
