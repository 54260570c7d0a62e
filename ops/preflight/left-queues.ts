import { paginateDescribeStacks, type Stack } from '@aws-sdk/client-cloudformation'
import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { namesOf } from '../../infra/names.ts'
import { outputs } from '../../infra/outputs.ts'
import type { MetricName } from '../../services/contract/metrics.ts'
import type { LeftQueue } from '../changes/renamed.ts'
import type { DeployTarget } from './check.ts'
import type { DeployProblem } from './findings.ts'
import { deletionOf, inOrder } from './removal.ts'

/** A queue under another name would be another one; at rest and empty, it may be left. */
export async function leftQueue(target: DeployTarget, left: LeftQueue): Promise<DeployProblem[]> {
  const { queue, successor, stack, metricsNamespace } = left
  const seen = await unrest(target, metricsNamespace, queue)
  if (seen === undefined) return []
  return [
    {
      what: `workQueue.queue is ${successor}, and the queue ${queue} of ${stack} would be left behind with its tasks`,
      seen,
      remedy: `name it ${queue} again; or stop the senders, let the workers finish (npm run watch -- ${target.environment}), redrive or remove the dead letters, and deploy after ${restMinutes} minutes at rest; or keep both: add ${successor} to moreQueues in infra/environments.ts`,
    },
  ]
}

/**
 * Stacks of queues that are deployed and in no setting any more: a deploy would leave their workers as they are, and the
 * connection budget would not count them.
 */
export async function leftStacks(target: DeployTarget): Promise<DeployProblem[]> {
  const { aws, environment, assembly } = target
  const known = new Set(assembly.stacks.map(({ name }) => name))
  const prefix = `${namesOf(environment).workQueueStack}-`
  const left: Stack[] = []
  for await (const { Stacks = [] } of paginateDescribeStacks({ client: aws.cloudFormation }, {}))
    left.push(...Stacks.filter(({ StackName = '' }) => StackName.startsWith(prefix) && !known.has(StackName)))
  return await Promise.all(left.map((stack) => removed(target, stack)))
}

async function removed(target: DeployTarget, stack: Stack): Promise<DeployProblem> {
  const { StackName = '', Outputs = [], EnableTerminationProtection: locked = false } = stack
  const output = (key: string) => Outputs.find(({ OutputKey }) => OutputKey === key)?.OutputValue ?? ''
  const queue = output(outputs.queue)
  const seen = await unrest(target, output(outputs.metricsNamespace), queue)
  const wait = `put ${queue} into moreQueues again, let its workers finish (npm run watch -- ${target.environment}/${queue}), redrive or remove the dead letters, and take it out after ${restMinutes} minutes at rest`
  return {
    what: `${StackName} is deployed, and its queue ${queue} is in no setting any more`,
    seen: seen ?? `the queue has been at rest for ${restMinutes} minutes, empty`,
    remedy: seen === undefined ? inOrder(deletionOf(StackName, locked, target.region)) : wait,
  }
}

/** How long the queue must have been at rest: the probe measures at least each minute, CloudWatch shows it up to two later. */
const restMinutes = 15

const resting = [
  'Ready',
  'InFlight',
  'Delayed',
  'Later',
  'DeadLetters',
  'DeadLettering',
  'TasksAccepted',
] as const satisfies MetricName[]

/** What was to do in a queue lately, or that nobody knows; undefined where it is at rest, empty. */
async function unrest(
  { aws }: DeployTarget,
  metricsNamespace: string,
  queue: string,
): Promise<string | undefined> {
  const now = Date.now()
  const { MetricDataResults = [] } = await aws.cloudWatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(now - restMinutes * 60_000),
      EndTime: new Date(now),
      MetricDataQueries: resting.map((name) => ({
        Id: name.toLowerCase(),
        MetricStat: {
          Metric: {
            Namespace: metricsNamespace,
            MetricName: name,
            Dimensions: [{ Name: 'Queue', Value: queue }],
          },
          Period: 60,
          // the probe may write several figures a minute, each of which is the whole; the producer's are counts
          Stat: name === 'TasksAccepted' ? 'Sum' : 'Maximum',
        },
      })),
    }),
  )
  const values = new Map(MetricDataResults.map(({ Id, Values = [] }) => [Id, Values]))
  const busy = resting.flatMap((name) => {
    const max = Math.max(0, ...(values.get(name.toLowerCase()) ?? []))
    return max > 0 ? [`${name} ${max}`] : []
  })
  if ((values.get('ready')?.length ?? 0) === 0)
    return `nobody has measured the queue for ${restMinutes} minutes`
  return busy.length === 0 ? undefined : `within ${restMinutes} minutes: ${busy.join(', ')}`
}
