import { Duration } from 'aws-cdk-lib'
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import type { ILogGroup } from 'aws-cdk-lib/aws-logs'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { WorkerClass } from '../../settings/environment.ts'
import { slotsOf } from '../../settings/worker-class.ts'
import type { TaskSchedules } from '../task-schedules.ts'
import { type MetricSource, queueMetric } from './queue-metric.ts'

/** What dashboard and alarms watch: a work queue with all that works for it. */
export interface Watched extends MetricSource {
  readonly brokerName: string
  readonly clusterName: string
  /** In the order in which scaling calls them. An ECS service has its class's name. */
  readonly workers: readonly WorkerClass[]
  readonly workerLogGroups: readonly ILogGroup[]
  /** Where the queue has a producer of its own. */
  readonly api: HttpApi | undefined
  /** Where changes of passwords end that did not reach the broker. */
  readonly failures: IQueue
  /** Undefined where there are none. */
  readonly schedules: TaskSchedules | undefined
  /** Where this queue's stack has the table. */
  readonly ledger: ITable | undefined
}

export const minute = Duration.minutes(1)

/** How much of a vCPU a slot of this class has; a handler runs in one thread, so never more than one. */
export const slotSpeed = (worker: WorkerClass) => Math.min(1, worker.cpu / 1024 / slotsOf(worker))

/** Tasks that a class has done. */
export const done = (watched: Watched, { name }: WorkerClass) =>
  queueMetric(watched, 'TasksDone', { WorkerClass: name }, { statistic: 'Sum', label: name })

/** One value for each slot and interval of a class: their number is that of its slots in service × intervals. */
export const slotIntervals = (watched: Watched, { name }: WorkerClass) =>
  queueMetric(watched, 'BusyShare', { WorkerClass: name }, { statistic: 'SampleCount', label: name })

/**
 * Running tasks of a class, of which each sends one value a minute. It needs no Container Insights.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cloudwatch-metrics.html#cw_running_task_count
 */
export const running = ({ clusterName }: Watched, { name }: WorkerClass) =>
  new cloudwatch.Metric({
    namespace: 'AWS/ECS',
    metricName: 'CPUUtilization',
    dimensionsMap: { ClusterName: clusterName, ServiceName: name },
    statistic: 'SampleCount',
    period: minute,
    label: name,
  })

/** Metrics of all classes, as a math expression uses them: their ids, and their weighted sum. */
export interface OverClasses {
  readonly metrics: Record<string, cloudwatch.Metric>
  /** A class's part of the sum; a class without data counts as 0. */
  term(worker: WorkerClass): string
  readonly sum: string
}

/** @param id prefix of the metrics' ids: a class's name need not fit into one */
export function overClasses(
  watched: Watched,
  id: string,
  metricOf: (watched: Watched, worker: WorkerClass) => cloudwatch.Metric,
  weight: (worker: WorkerClass) => number = () => 1,
): OverClasses {
  const { workers } = watched
  const term = (worker: WorkerClass) => {
    const filled = `FILL(${id}${workers.indexOf(worker)}, 0)`
    return weight(worker) === 1 ? filled : `${filled} * ${weight(worker)}`
  }
  return {
    metrics: Object.fromEntries(workers.map((worker, index) => [`${id}${index}`, metricOf(watched, worker)])),
    term,
    sum: workers.map(term).join(' + '),
  }
}

/** A math expression with one point a minute, unless told otherwise. */
export function math(
  label: string,
  expression: string,
  metrics: Record<string, cloudwatch.Metric>,
  period = minute,
): cloudwatch.MathExpression {
  const usingMetrics = Object.fromEntries(
    Object.entries(metrics).map(([id, metric]) => [id, metric.with({ period })]),
  )
  return new cloudwatch.MathExpression({ label, expression, usingMetrics, period })
}

/** The highest value of any class for a percentile of how long tasks waited: all take from the same queue. */
export function waitPercentile(watched: Watched, percentile: string, period = minute) {
  const metrics = Object.fromEntries(
    watched.workers.map(({ name }, index) => [
      `${percentile}wait${index}`,
      queueMetric(watched, 'TaskWait', { WorkerClass: name }, { statistic: percentile }),
    ]),
  )
  return math(percentile, `MAX([${Object.keys(metrics).join(', ')}]) / 1000`, metrics, period)
}
