import { Duration } from 'aws-cdk-lib'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import type { Dimension, MetricName } from '../../../services/contract/metrics.ts'

/** Which queue's metrics are meant. */
export interface MetricSource {
  readonly namespace: string
  readonly queue: string
}

/**
 * A metric of the services' list, as they emit it. The average of a minute unless `options` say otherwise. Never use
 * the sum of the probe's figures: it doubles in a minute with two points.
 */
export function queueMetric(
  { namespace, queue }: MetricSource,
  metricName: MetricName,
  dimensions: Partial<Record<Exclude<Dimension, 'Queue'>, string>> = {},
  options: cloudwatch.MetricOptions = {},
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace,
    metricName,
    dimensionsMap: { Queue: queue, ...dimensions },
    statistic: 'Average',
    period: Duration.minutes(1),
    ...options,
  })
}
