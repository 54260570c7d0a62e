import { setGlobalProxyFromEnv } from 'node:http'
import { AwsV4Signer } from 'aws4fetch'
import { namesOf } from '../../infra/names.ts'
import { outputs } from '../../infra/outputs.ts'
import type { Environment } from '../../infra/settings/environment.ts'
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
import { watchDeployed } from './deployed-watcher.ts'
import { invoke } from './invoke.ts'
import { followTaskLogGroups } from './log-groups.ts'
import { postJson, requestSeconds } from './request.ts'
import type { Target } from './target.ts'

/**
 * An environment in AWS, found by its stack's outputs with the credentials of the AWS CLI.
 * @throws Error when there is no such stack, or AWS cannot be asked
 */
export async function findDeployed(
  name: string,
  settings: Environment | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Target> {
  const at = settings?.region ?? (await callersRegion(env))
  if (at === undefined) {
    throw new Error(`no region is set, so ${name} cannot be looked for: export AWS_REGION=<the one it is in>`)
  }
  // not in every Node 24; without it, fetch ignores HTTPS_PROXY
  setGlobalProxyFromEnv?.(env)
  const aws = createAws(at, env)
  const { workQueueStack: stack, foundationStack } = namesOf(name)
  const found = await aws.ask('finding the stack', () => findStack({ aws }, stack))
  if (found === undefined) {
    throw new Error(
      `${name} is not deployed in ${at}: there is no stack ${stack}; npm run deploy -- ${name}, or set AWS_REGION or AWS_PROFILE to where it is`,
    )
  }
  const values = new Map(found.Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]))
  const output = (key: keyof typeof outputs) => {
    const value = values.get(outputs[key])
    if (value !== undefined) return value
    throw new Error(
      `the stack ${stack} (${found.StackStatus}) has no output ${outputs[key]}: finish its deploy with npm run deploy -- ${name}`,
    )
  }
  return deployedTarget(aws, settings, {
    name,
    stacks: [stack, foundationStack],
    endpoint: output('endpoint').replace(/\/$/, ''),
    queue: output('queue'),
    metricsNamespace: output('metricsNamespace'),
    operatorFunction: output('operatorFunction'),
    topologyFunction: () => output('topologyFunction'),
    cluster: output('cluster'),
    workerLogGroups: JSON.parse(output('workerLogGroups')),
  })
}

function deployedTarget(aws: Aws, settings: Environment | undefined, deployed: Deployed): Target {
  const { name, queue, endpoint, cluster, workerLogGroups } = deployed
  const classes = Object.keys(workerLogGroups)
  const sample = settings?.workQueue.taskLogSample ?? 1
  return {
    name,
    queue,
    endpoint,
    classes,
    async request(path, body) {
      const { url, ...signed } = await aws.ask('signing the request', () =>
        sign(aws, `${endpoint}${path}`, postJson(body)),
      )
      return fetch(url, { ...signed, signal: AbortSignal.timeout(requestSeconds * 1_000) })
    },
    followTasks: (filter) => followTaskLogGroups(aws, Object.values(workerLogGroups), filter),
    ...(sample < 1
      ? { sampled: `${name} logs ${sample * 100} % of its tasks: taskLogSample in infra/environments.ts` }
      : {}),
    watch: () => watchDeployed(aws, deployed, settings?.workQueue.workers ?? []),
    examineBroker: async () =>
      invoke(aws, { called: 'topology', name: deployed.topologyFunction() }, {
        action: 'examine',
      } satisfies ExamineRequest),
    findings: () => firingAlarms(aws, deployed),
    schedules: () => deployedSchedules(aws, name, schedulesIn(name, schedules), Date.now()),
    deadLetters: deployedDeadLetters(aws, deployed),
    control: deployedControl(aws, deployed),
    workersRemedy: `aws ecs describe-services --region ${aws.region} --cluster ${cluster} --services ${classes.join(' ')} --query 'services[].events[:3]'`,
  }
}

/** API Gateway's IAM authorization: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html */
async function sign(aws: Aws, url: string, request: ReturnType<typeof postJson>) {
  const credentials = await aws.cloudFormation.config.credentials()
  const signer = new AwsV4Signer({
    url,
    ...request,
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: credentials.secretAccessKey,
    ...(credentials.sessionToken ? { sessionToken: credentials.sessionToken } : {}),
    service: 'execute-api',
    region: aws.region,
  })
  const { method, headers, body } = await signer.sign()
  return { url, method, headers, ...(body ? { body } : {}) }
}
