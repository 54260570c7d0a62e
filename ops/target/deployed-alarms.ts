import { ListStackResourcesCommand } from '@aws-sdk/client-cloudformation'
import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch'
import type { Aws } from './aws.ts'
import type { Deployed } from './deployed-stack.ts'
import type { Finding } from './look.ts'

/** The alarms of the environment's stacks that are in ALARM, each with what its description says to do. */
export async function firingAlarms(aws: Aws, { stacks }: Deployed): Promise<readonly Finding[]> {
  const names = (await Promise.all(stacks.map((stack) => alarmNames(aws, stack)))).flat()
  if (names.length === 0) return []
  const { MetricAlarms = [], CompositeAlarms = [] } = await aws.ask('reading the alarms', () =>
    aws.cloudWatch.send(
      new DescribeAlarmsCommand({
        AlarmNames: names,
        AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
        StateValue: 'ALARM',
        MaxRecords: 100,
      }),
    ),
  )
  return (
    [...CompositeAlarms, ...MetricAlarms]
      // those that scale are no trouble
      .filter(({ AlarmActions = [] }) => !AlarmActions.some((action) => action.includes(':autoscaling:')))
      .map(({ AlarmName, AlarmDescription, StateReason }) => ({
        what: `alarm ${AlarmName}: ${StateReason}`,
        remedy: AlarmDescription ?? 'docs/runbook.md',
      }))
  )
}

async function alarmNames(aws: Aws, stack: string): Promise<string[]> {
  const names: string[] = []
  let NextToken: string | undefined
  do {
    const page = await aws.ask("reading the stack's resources", () =>
      aws.cloudFormation.send(new ListStackResourcesCommand({ StackName: stack, NextToken })),
    )
    for (const { ResourceType = '', PhysicalResourceId } of page.StackResourceSummaries ?? []) {
      if (/^AWS::CloudWatch::(Composite)?Alarm$/.test(ResourceType) && PhysicalResourceId)
        names.push(PhysicalResourceId)
    }
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  return names
}
