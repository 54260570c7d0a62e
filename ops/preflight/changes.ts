import { GetTemplateCommand } from '@aws-sdk/client-cloudformation'
import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import type { MetricName } from '../../services/contract/metrics.ts'
import type { Template } from '../assembly.ts'
import { findDangers } from '../changes/dangers.ts'
import { findLeftQueues, type LeftQueue } from '../changes/renamed.ts'
import type { Check, DeployTarget } from './check.ts'
import type { DeployProblem } from './findings.ts'
import { findStack } from './stacks.ts'

/** What the deploy would do to what is deployed: nothing that holds tasks is replaced, and no queue is left with any. */
export const changes: Check = {
  name: 'what would be replaced',
  needs: ['cloudformation:DescribeStacks', 'cloudformation:GetTemplate', 'cloudwatch:GetMetricData'],
  async run(target) {
    const { stacks } = target.assembly
    const next = new Map(stacks.map(({ name, template }) => [name, template]))
    const found = await Promise.all(
      stacks.map(async ({ name }) => [name, await deployedTemplate(target, name)] as const),
    )
    const deployed = new Map(found.flatMap(([name, template]) => (template ? [[name, template]] : [])))
    const left = findLeftQueues(deployed, next).map((queue) => leftTasks(target, queue))
    return [...findDangers(deployed, next), ...(await Promise.all(left)).flat()]
  },
}

/** Of a stack that can be updated: what is stuck holds up the deploy anyway. */
async function deployedTemplate(target: DeployTarget, name: string): Promise<Template | undefined> {
  const stack = await findStack(target, name)
  if (!/^(CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT|IMPORT_ROLLBACK)_COMPLETE$/.test(stack?.StackStatus ?? ''))
    return undefined
  const { TemplateBody = '{}' } = await target.aws.cloudFormation.send(
    new GetTemplateCommand({ StackName: name }),
  )
  return JSON.parse(TemplateBody)
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

async function leftTasks({ aws, environment }: DeployTarget, left: LeftQueue): Promise<DeployProblem[]> {
  const { queue, successor, stack, metricsNamespace } = left
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
  const measured = (values.get('ready')?.length ?? 0) > 0
  if (measured && busy.length === 0) return []
  return [
    {
      what: `workQueue.queue is ${successor}, and the queue ${queue} of ${stack} would be left behind with its tasks`,
      seen: measured
        ? `within ${restMinutes} minutes: ${busy.join(', ')}`
        : `nobody has measured the queue for ${restMinutes} minutes`,
      remedy: `name it ${queue} again; or stop the senders, let the workers finish (npm run watch -- ${environment}), redrive or remove the dead letters, and deploy after ${restMinutes} minutes at rest; or keep both: add an environment to infra/environments.ts for ${successor}`,
    },
  ]
}
