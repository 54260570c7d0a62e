import { fargateUsd } from '../../infra/fargate-usd.ts'

/**
 * What AWS asks in us-east-1, in USD, without free tiers and discounts. Other regions are up to a third dearer.
 * A price that was not read at AWS itself is marked `approximate` and shown with ≈: check those before you rely on them
 * (https://calculator.aws). When you change one, change its source and date too.
 */
export interface Price {
  readonly usd: number
  readonly per: string
  /** Where it was read. */
  readonly source: string
  /** When that source was written or read, as YYYY-MM-DD. */
  readonly date: string
  readonly approximate: boolean
}

const about = (usd: number, per: string, source: string, date: string): Price => {
  return { usd, per, source, date, approximate: true }
}

const fargate = 'https://cloudburn.io/blog/aws-fargate-pricing, https://www.vantage.sh/blog/fargate-pricing'
const vpc = 'https://www.factualminds.com/blog/amazon-vpc-pricing-endpoints-peering-transit-gateway/'
const cloudWatch =
  'https://www.factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards/'
const nat =
  'https://basavytix.com/blog/aws-nat-gateway-pricing, https://cloudburn.io/blog/aws-nat-gateway-pricing'
const lambda = 'https://cloudchipr.com/blog/aws-lambda-pricing'
const dynamoDb = 'known prices of US East; AWS has halved those on demand in November 2024'
/**
 * Cheaper figures elsewhere (56 to 80 a month) are from no bill: the author of 66 for eu-central-1 was billed 73.05 for the
 * first 20 days of May 2026, 0.152 an hour.
 */
const mediumBroker =
  'half of mq.m7g.large, as two public cost models have it; the price list API had 0.1595 for us-west-1, which is 7/6 of it (read by others, 2026-07-26)'
const largeBroker = 'two public price tables for US East'

export const prices = {
  'mq.m7g.medium': about(0.1367, 'broker-hour', mediumBroker, '2026-09-01'),
  'mq.m7g.large': about(0.2734, 'broker-hour', largeBroker, '2026-10-01'),
  'mq.m7g.xlarge': about(0.5468, 'broker-hour', 'twice mq.m7g.large', '2026-10-01'),
  'broker storage': about(0.1, 'GB-month', largeBroker, '2026-10-01'),

  'ARM64 vCPU': about(fargateUsd.ARM64.vcpu, 'hour', fargate, '2026-04-01'),
  'ARM64 memory': about(fargateUsd.ARM64.memoryGb, 'GB-hour', fargate, '2026-04-01'),
  'X86_64 vCPU': about(fargateUsd.X86_64.vcpu, 'hour', fargate, '2026-04-01'),
  'X86_64 memory': about(fargateUsd.X86_64.memoryGb, 'GB-hour', fargate, '2026-04-01'),
  /** Of the on-demand price. Spot's price moves. */
  'Spot share': about(
    fargateUsd.spotShare,
    'of the price on demand',
    'https://www.wring.co/blog/aws-fargate-pricing-guide',
    '2026-03-10',
  ),

  'public address': about(0.005, 'hour', vpc, '2026-06-13'),
  'interface endpoint': about(0.01, 'zone-hour', vpc, '2026-06-13'),
  'interface endpoint data': about(0.01, 'GB', vpc, '2026-06-13'),
  'NAT gateway': about(0.045, 'hour', nat, '2026-02-24'),
  'NAT gateway data': about(0.045, 'GB', nat, '2026-02-24'),
  'data between zones': about(0.02, 'GB, both directions together', vpc, '2026-06-13'),

  'Lambda request': about(0.2 / 1e6, 'request', lambda, '2024-12-16'),
  'Lambda ARM64': about(0.0000133334, 'GB-second', lambda, '2024-12-16'),
  'HTTP API request': {
    usd: 1 / 1e6,
    per: 'request of up to 512 KB',
    source:
      'https://docs.aws.amazon.com/whitepapers/latest/best-practices-api-gateway-private-apis-integration/cost-optimization.html',
    date: '2026-11-22',
    approximate: false,
  },

  'DynamoDB write': about(0.625 / 1e6, 'KB written on demand', dynamoDb, '2024-11-14'),
  'DynamoDB read': about(0.125 / 1e6, '4 KB read on demand', dynamoDb, '2024-11-14'),
  'DynamoDB storage': about(0.25, 'GB-month', dynamoDb, '2024-11-14'),
  'DynamoDB recovery': about(0.2, 'GB-month of point-in-time recovery', dynamoDb, '2024-11-14'),

  'log ingestion': about(0.5, 'GB', cloudWatch, '2026-06-13'),
  'log storage': about(0.03, 'GB-month', cloudWatch, '2026-06-13'),
  'log search': about(
    0.005,
    'GB that a query scans',
    'https://www.factualminds.com/blog/aws-observability-finops-cardinality-cost-control/',
    '2026-05-08',
  ),
  'metric asked for': about(0.00001, 'metric in a request for its figures', cloudWatch, '2026-06-13'),
  'custom metric': about(0.3, 'metric-month', cloudWatch, '2026-06-13'),
  alarm: about(0.1, 'metric in an alarm and month', cloudWatch, '2026-06-13'),
  'high-resolution alarm': about(
    0.3,
    'metric in an alarm with a period below a minute, and month',
    'https://c3x.dev/resources/aws/aws_cloudwatch_metric_alarm',
    '2026-11-28',
  ),
  'composite alarm': about(0.5, 'month', cloudWatch, '2026-06-13'),
  dashboard: about(3, 'month', cloudWatch, '2026-06-13'),

  secret: about(
    0.4,
    'month',
    'https://hivebook.wiki/wiki/aws-secrets-manager-rotated-secrets-dynamic-db-credentials-kms',
    '2026-11-22',
  ),
  'KMS key': about(1, 'month', 'a public price table for US East', '2026-10-01'),
} as const satisfies Record<string, Price>

export type PriceName = keyof typeof prices
