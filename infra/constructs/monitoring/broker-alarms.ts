import { Duration } from 'aws-cdk-lib'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { brokerMemoryGib, clusterDiskGib } from '../../limits.ts'
import type { BrokerSettings } from '../../settings/environment.ts'
import { worstNode } from './node-metric.ts'

export interface BrokerAlarmsProps {
  readonly brokerName: string
  readonly settings: BrokerSettings
  readonly topic: ITopic
}

/** A metric and where it alarms. */
interface Watch {
  readonly metric: cloudwatch.IMetric
  readonly threshold: number
}

const minute = Duration.minutes(1)
const { GREATER_THAN_THRESHOLD, LESS_THAN_THRESHOLD } = cloudwatch.ComparisonOperator

/** Amazon MQ's metrics of a broker; their dimension is its name, not its id. Of a cluster they are the nodes' together. */
export function brokerMetric(brokerName: string, metricName: string): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'AWS/AmazonMQ',
    metricName,
    dimensionsMap: { Broker: brokerName },
    statistic: 'Average',
    period: minute,
  })
}

/**
 * Alarms before RabbitMQ stops taking messages, on memory and disk; and one on CPU. In a cluster the worst node counts:
 * one node at its limit blocks all publishers, and an average over the nodes would hide it.
 */
export class BrokerAlarms extends Construct {
  constructor(scope: Construct, id: string, props: BrokerAlarmsProps) {
    super(scope, id)
    const { memory, disk, cpu } = props.settings.mode === 'CLUSTER_MULTI_AZ' ? ofNodes(props) : ofOne(props)
    const alarms = [
      this.alarm(
        'Memory',
        memory,
        GREATER_THAN_THRESHOLD,
        5,
        'The broker, or one of its nodes, uses over 80 % of the memory at which it blocks publishers. Look at queue lengths and connections; let workers catch up, or take the next instance type. docs/runbook.md#broker-memory',
      ),
      this.alarm(
        'Disk',
        disk,
        LESS_THAN_THRESHOLD,
        5,
        'The broker, or one of its nodes, has less than 1.5 times the free disk at which it blocks publishers. Look at queue lengths and dead letters; drain or redrive them, or send smaller tasks. docs/runbook.md#broker-disk',
      ),
      this.alarm(
        'Cpu',
        cpu,
        GREATER_THAN_THRESHOLD,
        15,
        'The broker, or one of its nodes, has used over 80 % CPU for 15 minutes. Look at publish rate and new connections a second; send tasks in larger requests, or take the next instance type. docs/runbook.md#broker-cpu',
      ),
    ]
    for (const alarm of alarms) alarm.addAlarmAction(new SnsAction(props.topic))
  }

  private alarm(
    id: string,
    watch: Watch,
    comparisonOperator: cloudwatch.ComparisonOperator,
    evaluationPeriods: number,
    alarmDescription: string,
  ): cloudwatch.Alarm {
    const treatMissingData = cloudwatch.TreatMissingData.MISSING
    return new cloudwatch.Alarm(this, id, {
      ...watch,
      ...{ comparisonOperator, evaluationPeriods, alarmDescription, treatMissingData },
    })
  }
}

function ofNodes({ brokerName, settings }: BrokerAlarmsProps): Record<'memory' | 'disk' | 'cpu', Watch> {
  const gib = 2 ** 30
  const of = (extreme: 'MAX' | 'MIN', metric: Parameters<typeof worstNode>[2], label: string) =>
    worstNode(brokerName, extreme, metric, label)
  return {
    memory: {
      metric: of('MAX', 'RabbitMQMemUsed', 'memory used by the node that uses most, bytes'),
      threshold: Math.round(0.8 * (brokerMemoryGib[settings.instanceType] ?? 0) * gib),
    },
    disk: {
      metric: of('MIN', 'RabbitMQDiskFree', 'free disk of the node that has least, bytes'),
      threshold: 1.5 * clusterDiskGib * gib,
    },
    cpu: { metric: of('MAX', 'SystemCpuUtilization', 'CPU of the busiest node, %'), threshold: 80 },
  }
}

function ofOne({ brokerName }: BrokerAlarmsProps): Record<'memory' | 'disk' | 'cpu', Watch> {
  const metric = (name: string) => brokerMetric(brokerName, name)
  return {
    memory: {
      metric: new cloudwatch.MathExpression({
        expression: '100 * used / limit',
        label: 'memory used, % of the limit at which publishers are blocked',
        usingMetrics: { used: metric('RabbitMQMemUsed'), limit: metric('RabbitMQMemLimit') },
        period: minute,
      }),
      threshold: 80,
    },
    disk: {
      metric: new cloudwatch.MathExpression({
        expression: 'free / limit',
        label: 'free disk, as a multiple of the limit at which publishers are blocked',
        usingMetrics: { free: metric('RabbitMQDiskFree'), limit: metric('RabbitMQDiskFreeLimit') },
        period: minute,
      }),
      threshold: 1.5,
    },
    cpu: { metric: metric('SystemCpuUtilization'), threshold: 80 },
  }
}
