import { setGlobalProxyFromEnv } from 'node:http'
import { createClient } from '../../client/src/client.ts'
import { namesOf } from '../../infra/names.ts'
import { outputs } from '../../infra/outputs.ts'
import type { Environment, QueueSettings } from '../../infra/settings/environment.ts'
import { schedulesIn } from '../../services/contract/schedule.ts'
import { schedules } from '../../services/tasks/schedules.ts'
import type { ExamineRequest } from '../../services/topology/examine.ts'
import { findStack } from '../preflight/stacks.ts'
import { callersRegion } from '../region.ts'
import { type Aws, createAws } from './aws.ts'
import { firingAlarms } from './deployed-alarms.ts'
import { deployedControl } from './deployed-control.ts'
import { deployedDeadLetters } from './deployed-dead-letters.ts'
import { deployedSchedules } from './deployed-schedules.ts'
import type { Deployed } from './deployed-stack.ts'
import { deployedTaskRecords } from './deployed-task-records.ts'
import { watchDeployed } from './deployed-watcher.ts'
import { invoke } from './invoke.ts'
import { followTaskLogGroups } from './log-groups.ts'
import { logPlaces } from './log-places.ts'
import { toItsEnd } from './request.ts'
import type { Target } from './target.ts'
import type { TaskRecords } from './task-records.ts'
import { xrayUrl } from './trace-url.ts'

/**
 * A queue of an environment in AWS, found by its stack's outputs with the credentials of the AWS CLI.
 * @param queue one that is not the default one
 * @throws Error when there is no such stack, or AWS cannot be asked
 */
export async function findDeployed(
  environment: string,
  queue: string | undefined,
  settings: Environment | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Target> {
  const at = settings?.region ?? (await callersRegion(env))
  if (at === undefined) {
    throw new Error(
      `no region is set, so ${environment} cannot be looked for: export AWS_REGION=<the one it is in>`,
    )
  }
  // not in every Node 24; without it, fetch ignores HTTPS_PROXY
  setGlobalProxyFromEnv?.(env)
  const aws = createAws(at, env)
  const { workQueueStack, furtherQueueStack, foundationStack } = namesOf(environment)
  const stack = queue === undefined ? workQueueStack : furtherQueueStack(queue)
  const name = queue === undefined ? environment : `${environment}/${queue}`
  const output = await readOutputs(aws, stack, name)
  const ofDefault = queue === undefined ? output : await readOutputs(aws, workQueueStack, environment)
  const moreQueues = settings?.moreQueues ?? []
  const own = moreQueues.find((each) => each.queue === queue) ?? settings?.workQueue
  const taskRecords = deployedTaskRecords(
    aws,
    () =>
      logPlaces(
        aws,
        environment,
        moreQueues.map((each) => each.queue),
      ),
    (traceId) => (settings?.tracing?.to === 'xray' ? xrayUrl(at, traceId) : undefined),
  )
  return deployedTarget(aws, own, taskRecords, {
    name,
    environment,
    stacks: [stack, foundationStack],
    endpoint: ofDefault('endpoint').replace(/\/$/, ''),
    queue: output('queue'),
    metricsNamespace: output('metricsNamespace'),
    operatorFunction: output('operatorFunction'),
    topologyFunction: () => output('topologyFunction'),
    cluster: output('cluster'),
    workerLogGroups: JSON.parse(output('workerLogGroups')),
  })
}

/** What a stack says of itself. */
async function readOutputs(aws: Aws, stack: string, name: string) {
  const found = await aws.ask('finding the stack', () => findStack({ aws }, stack))
  const deploy = `npm run deploy -- ${name.replace(/\/.*/, '')}`
  if (found === undefined) {
    throw new Error(
      `${name} is not deployed in ${aws.region}: there is no stack ${stack}; ${deploy}, or set AWS_REGION or AWS_PROFILE to where it is`,
    )
  }
  const values = new Map(found.Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]))
  return (key: keyof typeof outputs) => {
    const value = values.get(outputs[key])
    if (value !== undefined) return value
    throw new Error(
      `the stack ${stack} (${found.StackStatus}) has no output ${outputs[key]}: finish its deploy with ${deploy}`,
    )
  }
}

function deployedTarget(
  aws: Aws,
  settings: QueueSettings | undefined,
  taskRecords: TaskRecords,
  deployed: Deployed,
): Target {
  const { name, environment, queue, endpoint, cluster, workerLogGroups } = deployed
  const classes = Object.keys(workerLogGroups)
  const sample = settings?.taskLogSample ?? 1
  return {
    name,
    environment,
    queue,
    endpoint,
    classes,
    client: createClient({
      endpoint,
      region: aws.region,
      credentials: () => aws.ask('signing the request', () => aws.cloudFormation.config.credentials()),
      fetch: toItsEnd,
    }),
    followTasks: (filter) => followTaskLogGroups(aws, Object.values(workerLogGroups), filter),
    ...(sample < 1
      ? { sampled: `${name} logs ${sample * 100} % of its tasks: taskLogSample in infra/environments.ts` }
      : {}),
    watch: () => watchDeployed(aws, deployed, settings?.workers ?? []),
    examineBroker: async () =>
      invoke(aws, { called: 'topology', name: deployed.topologyFunction() }, {
        action: 'examine',
      } satisfies ExamineRequest),
    findings: () => firingAlarms(aws, deployed),
    schedules: () => deployedSchedules(aws, environment, schedulesIn(environment, schedules), Date.now()),
    deadLetters: deployedDeadLetters(aws, deployed),
    taskRecords,
    control: deployedControl(aws, deployed),
    workersRemedy: `aws ecs describe-services --region ${aws.region} --cluster ${cluster} --services ${classes.join(' ')} --query 'services[].events[:3]'`,
  }
}
