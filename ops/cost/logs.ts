import { ofType, type Placed } from '../assembly.ts'
import { mentions } from '../fargate.ts'
import { assumed, hoursPerMonth, type Month } from './load.ts'

/** How often a function is called in a month, how often it works in a call, and for how long: by the API, or on a schedule. */
export function callsOf({ logicalId, stack, Properties = {} }: Placed, { stacks, requests }: Month) {
  const users = (type: string) =>
    ofType(stacks, type).filter((user) => user.stack === stack && mentions(user, `"${logicalId}"`))
  if (users('AWS::ApiGatewayV2::Integration').length > 0) {
    return { calls: requests, looks: 1, seconds: assumed.producerSeconds }
  }
  const minutes = users('AWS::Events::Rule').flatMap(({ Properties }) => {
    const every = /^rate\((\d+) minutes?\)$/.exec(String(Properties?.['ScheduleExpression']))
    return every ? [Number(every[1])] : []
  })
  const calls = minutes.reduce((sum, every) => sum + (hoursPerMonth * 60) / every, 0)
  // the probe waits between its looks, and waiting is paid for too
  const between = Number(/"PROBE_SECONDS":"(\d+)"/.exec(JSON.stringify(Properties))?.[1] ?? 60)
  const looks = Math.ceil(60 / between)
  return { calls, looks, seconds: (looks - 1) * between + assumed.probeSeconds }
}

/** What goes into a log group in a month, in GB, by who writes to it. */
export function logGb({ logicalId, stack }: Placed, month: Month): number {
  const writer = (type: string) =>
    ofType(month.stacks, type).find((user) => user.stack === stack && mentions(user, `"${logicalId}"`))
  const caller = writer('AWS::Lambda::Function')
  if (caller) {
    const { calls, looks } = callsOf(caller, month)
    return calls * looks * assumed.gbPerFunctionCall
  }
  if (writer('AWS::ApiGatewayV2::Stage')) return month.requests * assumed.gbPerAccessLine
  if (writer('AWS::EC2::FlowLog')) return assumed.flowLogGb
  const task = writer('AWS::ECS::TaskDefinition')
  return task ? workerLogGb(month, task) : 0
}

/** What the workers log in a month, in GB: all, or those of one task definition. */
export function workerLogGb({ running, tasks }: Month, taskDefinition?: Placed): number {
  const speed = running.reduce((sum, { service, count }) => sum + count * service.vcpu, 0)
  return running
    .filter(({ service }) => taskDefinition === undefined || service.taskDefinition === taskDefinition)
    .reduce((sum, { service, count }) => {
      const share = speed > 0 ? (count * service.vcpu) / speed : 0
      return sum + count * assumed.gbPerWorkerMonth + share * tasks * assumed.gbPerTaskLine
    }, 0)
}

/**
 * What goes to X-Ray in a month, in GB: spans of requests and of one try for each task, not those of handlers. AWS
 * keeps them in a log group and bills them as logs, or for less.
 */
export function spanGb({ stacks, tasks, requests }: Month): number {
  const sending = ofType(stacks, 'AWS::ECS::TaskDefinition').find((task) =>
    mentions(task, 'TRACES_XRAY_REGION'),
  )
  if (!sending) return 0
  const [, share = 1] =
    /"OTEL_TRACES_SAMPLER_ARG","Value":"([\d.]+)"/.exec(JSON.stringify(sending.Properties)) ?? []
  return Number(share) * (tasks + requests * assumed.spansPerRequest) * assumed.gbPerSpan
}

/** What a service of AWS writes in a month into a log group that it makes itself, in GB. */
export function serviceLogGb({ Properties = {}, stack }: Placed, month: Month): { row: string; gb: number } {
  const name = JSON.stringify(Properties['LogGroupName'])
  if (name.includes('/aws/ecs/containerinsights/'))
    return { row: 'Container Insights', gb: insightsEvents(month, stack) * assumed.gbPerInsightsEvent }
  // connections that come and go are nearly all that a broker has to tell
  const talkative = name.includes('/aws/amazonmq/broker/') && name.includes('/connection"')
  return { row: 'logs of the broker', gb: talkative ? brokerNodes(month) * assumed.gbPerBrokerNode : 0 }
}

/** One a minute of a stack's cluster and of each service, task and container. */
function insightsEvents({ running }: Month, stack: string): number {
  const own = running.filter(({ service }) => service.service.stack === stack)
  const workers = own.reduce((sum, { count }) => sum + count, 0)
  return hoursPerMonth * 60 * (1 + own.length + 2 * workers)
}

function brokerNodes({ stacks }: Month): number {
  const brokers = ofType(stacks, 'AWS::AmazonMQ::Broker')
  return brokers.reduce((sum, broker) => sum + nodesOf(broker), 0)
}

/** How many nodes a broker has. */
export function nodesOf({ Properties = {} }: Placed): number {
  return Properties['DeploymentMode'] === 'CLUSTER_MULTI_AZ' ? 3 : 1
}
