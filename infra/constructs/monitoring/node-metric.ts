import { Duration } from 'aws-cdk-lib'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'

/** Metrics that Amazon MQ has of each node: https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/rabbitmq-logging-monitoring.html */
type NodeMetric = 'RabbitMQMemUsed' | 'RabbitMQDiskFree' | 'SystemCpuUtilization'

/**
 * The highest or lowest value of all nodes, by a query: nodes are named after their addresses, which nobody knows
 * beforehand and which change when Amazon MQ replaces one. An alarm takes one query and no math over several, so it has
 * to compare with a constant.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Metrics_Insights_Alarm.html
 */
export function worstNode(
  brokerName: string,
  extreme: 'MAX' | 'MIN',
  metric: NodeMetric,
  label: string,
): cloudwatch.MathExpression {
  return new cloudwatch.MathExpression({
    expression: `SELECT ${extreme}(${metric}) FROM SCHEMA("AWS/AmazonMQ", Broker, Node) WHERE Broker = '${brokerName}'`,
    label,
    period: Duration.minutes(1),
  })
}
