import { type Metric, metrics } from '../../services/contract/metrics.ts'
import { publishes } from '../../services/contract/publishing.ts'
import { taskTypes } from '../../services/tasks/registry.ts'
import { ofType, type Placed, type Stack } from '../assembly.ts'
import { type FargateService, fargateServices } from '../fargate.ts'

export const hoursPerMonth = 730
const secondsPerMonth = hoursPerMonth * 3_600

/** What is assumed where the template cannot say it. Generous: the bill should not surprise. */
export const assumed = {
  /** Part of the time that slots are busy where scaling has settled. */
  utilization: 0.8,
  tasksPerRequest: 1,
  /** Both ways, between producer, broker and worker, with protocol. */
  gbPerTask: 4e-6,
  producerSeconds: 0.1,
  probeSeconds: 1,
  /** Log lines: the worker's per task, the producer's with Lambda's own three, API Gateway's. */
  gbPerTaskLine: 0.45e-6,
  gbPerFunctionCall: 1e-6,
  gbPerAccessLine: 0.35e-6,
  /** A busy worker's metrics, every 30 s, with two task types. */
  gbPerWorkerMonth: 0.22,
  flowLogGb: 0.2,
  /** Accepted, begun, ended, each less than 1 KB; a result, progress and further tries come on top. */
  recordWrites: 3,
  /** Each task is asked for once. */
  recordReads: 1,
  gbPerRecord: 1e-6,
  /** What two small brokers of others logged in a month each, nearly all of it connections (1.22 GB in 14 days, May 2026). */
  gbPerBrokerNode: 2.6,
  /**
   * Each is under 1 KB in AWS's examples, without the block that names the metrics:
   * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-reference-performance-logs-ECS.html
   */
  gbPerInsightsEvent: 1.5e-6,
  /** As JSON with what is told of its service; a request has two of its own. */
  gbPerSpan: 1.2e-6,
  spansPerRequest: 2,
  /** Pulled through a NAT gateway whenever a task starts: what the S3 gateway endpoint does not carry. */
  natGb: 5,
}

/** How much is asked of each queue of an environment. */
export interface Load {
  readonly tasksPerSecond: number
  /** How long a task takes on a whole vCPU, in seconds. */
  readonly taskSeconds: number
}

export const idle: Load = { tasksPerSecond: 0, taskSeconds: 1 }

/** The templates under a load, for one month. */
export interface Month {
  readonly stacks: readonly Stack[]
  /** Of all queues. */
  readonly tasks: number
  readonly requests: number
  /** How many tasks each service runs. */
  readonly running: readonly Running[]
  /** Tasks a second beyond what all services can do together at `maxTasks`. */
  readonly beyond: number
}

/** A service, and how many of its tasks run. */
export interface Running {
  readonly service: FargateService
  readonly count: number
}

export function monthOf(stacks: readonly Stack[], load: Load): Month {
  const queues = [...Map.groupBy(fargateServices(stacks), ({ service }) => service.stack).values()]
  const filled = queues.map((services) => fill(services, load))
  const tasks = queues.length * load.tasksPerSecond * secondsPerMonth
  return {
    stacks,
    tasks,
    requests: tasks / assumed.tasksPerRequest,
    running: filled.flatMap(({ running }) => running),
    beyond: filled.reduce((sum, { beyond }) => sum + beyond, 0),
  }
}

/** Fills a queue's worker classes in their order, each up to `maxTasks`: the class that is listed first starts first. */
function fill(services: readonly FargateService[], load: Load): Pick<Month, 'running' | 'beyond'> {
  // a slot has at most one whole vCPU, since a handler runs in one thread
  const speed = ({ vcpu, slots }: FargateService) => Math.min(vcpu, slots)
  const atLeast = services.reduce((sum, service) => sum + service.minTasks * speed(service), 0)
  let missing = (load.tasksPerSecond * load.taskSeconds) / assumed.utilization - atLeast
  const running = services.map((service) => {
    const more = Math.ceil(Math.max(0, missing) / speed(service))
    const count = Math.min(service.maxTasks, service.minTasks + more)
    missing -= (count - service.minTasks) * speed(service)
    return { service, count }
  })
  return { running, beyond: (Math.max(0, missing) * assumed.utilization) / load.taskSeconds }
}

/**
 * Everything at its maximum, all month: each worker class at `maxTasks`, and as many requests as API Gateway lets
 * through, each with one task. Short of requests with more tasks and of functions that are invoked directly, it is the
 * most that an environment can cost.
 */
export function maximumOf(stacks: readonly Stack[]): Month {
  const running = fargateServices(stacks).map((service) => ({ service, count: service.maxTasks }))
  const perSecond = ofType(stacks, 'AWS::ApiGatewayV2::Stage').reduce(
    (sum, stage) => sum + requestRate(stage),
    0,
  )
  const requests = perSecond * secondsPerMonth
  return { stacks, requests, tasks: requests * assumed.tasksPerRequest, running, beyond: 0 }
}

/** Requests a second that a stage lets through. AWS's own limit of an account is 10,000. */
function requestRate({ Properties = {} }: Placed): number {
  const settings = Properties['DefaultRouteSettings'] as { ThrottlingRateLimit?: number } | undefined
  return settings?.ThrottlingRateLimit ?? 10_000
}

/** How many metrics of our own are emitted: CloudWatch charges for each name with each set of dimension values. */
export function customMetrics(stacks: readonly Stack[]): number {
  const producers = new Set(ofType(stacks, 'AWS::ApiGatewayV2::Stage').map(({ stack }) => stack))
  return [...Map.groupBy(fargateServices(stacks), ({ service }) => service.stack)].reduce(
    (sum, [stack, classes]) => sum + metricsOfQueue(classes, producers.has(stack)),
    0,
  )
}

/** @param hasProducer whether what is told of the endpoint is told of this queue */
function metricsOfQueue(classes: readonly FargateService[], hasProducer: boolean): number {
  const values = { Queue: 1, WorkerClass: classes.length, TaskType: taskTypes.length }
  const sharing = classes.filter(({ slotsPerThread }) => slotsPerThread > 1).length
  const asleep = classes.filter(({ minTasks }) => minTasks === 0).length
  const one = ([name, { dimensions }]: [string, Metric]) => {
    // only for classes that scale down to none
    if (name === 'WakeUp') return asleep
    // only where slots share a thread
    if (name === 'ThreadsBlocked') return sharing
    if (!hasProducer && (name === 'ConfirmLatency' || name === 'Reconnects')) return 0
    // only where handlers send
    if (name === 'TasksSent' || name === 'TasksPutOff') return taskTypes.some(publishes) ? 1 : 0
    // only while somebody pauses or cancels
    if (name === 'PausedSeconds' || name === 'TasksCancelled') return 0
    return dimensions.reduce((sum, set) => sum + set.reduce((product, key) => product * values[key], 1), 0)
  }
  return Object.entries(metrics).reduce((sum, metric) => sum + one(metric), 0)
}
