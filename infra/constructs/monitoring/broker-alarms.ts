import { Duration } from 'aws-cdk-lib'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'

export interface BrokerAlarmsProps {
  readonly brokerName: string
  readonly topic: ITopic
}

/** Amazon MQ's metrics of a broker; their dimension is its name, not its id. */
export function brokerMetric(brokerName: string, metricName: string): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'AWS/AmazonMQ',
    metricName,
    dimensionsMap: { Broker: brokerName },
    statistic: 'Average',
    period: Duration.minutes(1),
  })
}

/** What makes RabbitMQ stop taking messages, seen before it does: memory, disk; and CPU. */
export class BrokerAlarms extends Construct {
  constructor(scope: Construct, id: string, { brokerName, topic }: BrokerAlarmsProps) {
    super(scope, id)
    const metric = (name: string) => brokerMetric(brokerName, name)
    const alarms = [
      new cloudwatch.Alarm(this, 'Memory', {
        // the broker blocks all publishers at 100 %
        metric: new cloudwatch.MathExpression({
          expression: '100 * used / most',
          label: 'memory used, % of the limit at which publishers are blocked',
          usingMetrics: { used: metric('RabbitMQMemUsed'), most: metric('RabbitMQMemLimit') },
          period: Duration.minutes(1),
        }),
        threshold: 80,
        evaluationPeriods: 5,
        comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        treatMissingData: cloudwatch.TreatMissingData.MISSING,
        alarmDescription:
          'The broker uses over 80 % of the memory at which it blocks publishers. Look at queue lengths and connections; let workers catch up, or take the next instance type. docs/runbook.md#broker-memory',
      }),
      new cloudwatch.Alarm(this, 'Disk', {
        metric: new cloudwatch.MathExpression({
          expression: 'free / least',
          label: 'free disk, as a multiple of the limit at which publishers are blocked',
          usingMetrics: { free: metric('RabbitMQDiskFree'), least: metric('RabbitMQDiskFreeLimit') },
          period: Duration.minutes(1),
        }),
        threshold: 1.5,
        evaluationPeriods: 5,
        comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        treatMissingData: cloudwatch.TreatMissingData.MISSING,
        alarmDescription:
          'The broker has less than 1.5 times the free disk at which it blocks publishers. Look at queue lengths and dead letters; drain or redrive them, or send smaller tasks. docs/runbook.md#broker-disk',
      }),
      new cloudwatch.Alarm(this, 'Cpu', {
        metric: metric('SystemCpuUtilization'),
        threshold: 80,
        evaluationPeriods: 15,
        comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        treatMissingData: cloudwatch.TreatMissingData.MISSING,
        alarmDescription:
          'The broker has used over 80 % CPU for 15 minutes. Look at publish rate and new connections a second; send tasks in larger requests, or take the next instance type. docs/runbook.md#broker-cpu',
      }),
    ]
    for (const alarm of alarms) alarm.addAlarmAction(new SnsAction(topic))
  }
}
