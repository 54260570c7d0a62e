import {
  type CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ValidateTemplateCommand,
} from '@aws-sdk/client-cloudformation'
import type { Resource } from '../../ops/assembly.ts'
import { until } from '../../test/support/until.ts'

/** Resources that the emulator cannot create. */
export interface Gap {
  readonly type: string
  /** Only those that have this property. */
  readonly property?: string
}

/** What it refuses of types that it knows, with the smallest resource that shows it. */
const refusedProperties: readonly (Required<Gap> & { readonly smallest: unknown; readonly says: RegExp })[] =
  [
    {
      type: 'AWS::CloudWatch::Alarm',
      property: 'Metrics',
      smallest: {
        ...{ ComparisonOperator: 'GreaterThanThreshold', EvaluationPeriods: 1, Threshold: 1 },
        Metrics: [
          { Id: 'sum', Expression: 'one + one', ReturnData: true },
          {
            ...{ Id: 'one', ReturnData: false },
            MetricStat: { Metric: { Namespace: 'x', MetricName: 'x' }, Period: 60, Stat: 'Sum' },
          },
        ],
      },
      says: /metric math\) is not supported/,
    },
  ]

/** Whether a resource falls into a gap. */
export const fallsInto = ({ type, property }: Gap, { Type, Properties = {} }: Resource) =>
  Type === type && (property === undefined || property in Properties)

/** Asks the emulator what it does not know: a gap that a newer version has closed is none any more. */
export async function findGaps(client: CloudFormationClient, types: readonly string[]): Promise<Gap[]> {
  const refused = await Promise.all(refusedProperties.map((each) => refuses(client, each)))
  const properties = refusedProperties.filter((_, index) => refused[index])
  return [
    ...(await unknownTypes(client, types)).map((type) => ({ type })),
    ...properties.map(({ type, property }) => ({ type, property })),
  ]
}

async function unknownTypes(client: CloudFormationClient, types: readonly string[]): Promise<string[]> {
  const Resources = Object.fromEntries(types.map((Type, index) => [`Resource${index}`, { Type }]))
  try {
    await client.send(new ValidateTemplateCommand({ TemplateBody: JSON.stringify({ Resources }) }))
    return []
  } catch (error) {
    const [, list] = /Unrecognized resource types: \[(.*)\]/.exec(String(error)) ?? []
    if (list === undefined) throw error
    return list.split(', ')
  }
}

async function refuses(
  client: CloudFormationClient,
  { type, property, smallest, says }: (typeof refusedProperties)[number],
): Promise<boolean> {
  const StackName = `refuses-${property.toLowerCase()}`
  const Resources = { Resource: { Type: type, Properties: smallest } }
  await client.send(new CreateStackCommand({ StackName, TemplateBody: JSON.stringify({ Resources }) }))
  const status = await until(
    async () => {
      const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName }))
      return /_COMPLETE$|_FAILED$/.test(stack?.StackStatus ?? '') && stack?.StackStatus
    },
    { within: 30, what: `a stack with one ${type} ends` },
  )
  const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName }))
  await client.send(new DeleteStackCommand({ StackName }))
  if (status === 'CREATE_COMPLETE') return false
  const reasons = StackEvents.map(({ ResourceStatusReason = '' }) => ResourceStatusReason)
  if (reasons.some((reason) => says.test(reason))) return true
  throw new Error(
    `${type} with ${property} is refused for another reason: ${reasons.filter(Boolean).join('; ')}`,
  )
}
