import { ofType, type Placed } from '../assembly.ts'
import { mentions } from '../fargate.ts'
import { assumed, customMetrics, hoursPerMonth, type Month } from './load.ts'
import { callsOf, logGb, nodesOf, serviceLogGb, spanGb, workerLogGb } from './logs.ts'
import { type PriceName, prices } from './prices.ts'

/** So much of something that has a price, in a row of the table. */
export interface Item {
  readonly row: string
  readonly price: PriceName
  readonly quantity: number
}

type Rule = (resource: Placed, month: Month) => Item[]

const one =
  (row: string, price: PriceName): Rule =>
  () => [{ row, price, quantity: 1 }]

/** What each type of resource that costs money costs a month. A test fails for a type that is in neither list. */
export const rules: Readonly<Record<string, Rule>> = {
  'AWS::AmazonMQ::Broker': (resource, { tasks }) => {
    const { HostInstanceType: type, StorageSize } = resource.Properties ?? {}
    const nodes = nodesOf(resource)
    const row = `broker: ${nodes} × ${type}`
    // disks: https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/rmq-broker-instance-types.html
    const disk = Number(StorageSize ?? (nodes > 1 ? (type === 'mq.m7g.medium' ? 5 : 15) : 200))
    return [
      { row, price: brokerPrice(type), quantity: nodes * hoursPerMonth },
      { row: 'broker: disk, as if all of it were billed', price: 'broker storage', quantity: nodes * disk },
      { row: 'data between zones', price: 'data between zones', quantity: (tasks * assumed.gbPerTask) / 2 },
    ]
  },
  'AWS::ECS::Service': (resource, { running }) => {
    const { service, count } = running.find((each) => each.service.service === resource) ?? {}
    if (service === undefined || count === undefined) return []
    const { vcpu, memoryGiB, minTasks, maxTasks, spot } = service
    const row = `workers: ${minTasks} to ${maxTasks} × ${vcpu} vCPU${spot ? ', Spot' : ''}`
    const arm = service.architecture === 'ARM64'
    const hours = count * hoursPerMonth * (spot ? prices['Spot share'].usd : 1)
    const addresses = mentions(resource, '"AssignPublicIp":"ENABLED"') ? count : 0
    return [
      { row, price: arm ? 'ARM64 vCPU' : 'X86_64 vCPU', quantity: hours * vcpu },
      { row, price: arm ? 'ARM64 memory' : 'X86_64 memory', quantity: hours * memoryGiB },
      { row: 'public addresses of tasks', price: 'public address', quantity: addresses * hoursPerMonth },
    ]
  },
  // about 10 metrics of the cluster, and of each service 12 by itself and 10 by its task definition
  'AWS::ECS::Cluster': (resource, { stacks }) =>
    /"containerInsights","Value":"enabled"/.test(JSON.stringify(resource.Properties))
      ? [
          {
            row: 'Container Insights',
            price: 'custom metric',
            quantity:
              10 +
              22 * ofType(stacks, 'AWS::ECS::Service').filter(({ stack }) => stack === resource.stack).length,
          },
        ]
      : [],
  'AWS::EC2::VPCEndpoint': (resource, month) => {
    const { VpcEndpointType, SubnetIds } = resource.Properties ?? {}
    if (VpcEndpointType !== 'Interface') return []
    const zones = Array.isArray(SubnetIds) ? SubnetIds.length : 1
    const data =
      (mentions(resource, '.logs') ? workerLogGb(month) : 0) +
      (mentions(resource, '.xray') ? spanGb(month) : 0)
    return [
      { row: 'VPC endpoints', price: 'interface endpoint', quantity: zones * hoursPerMonth },
      { row: 'VPC endpoints: data', price: 'interface endpoint data', quantity: data },
    ]
  },
  'AWS::EC2::NatGateway': (_, month) => {
    const gateways = ofType(month.stacks, 'AWS::EC2::NatGateway').length
    return [
      { row: 'NAT gateways', price: 'NAT gateway', quantity: hoursPerMonth },
      {
        row: 'NAT gateways: data',
        price: 'NAT gateway data',
        quantity: (assumed.natGb + workerLogGb(month)) / gateways,
      },
    ]
  },
  'AWS::EC2::EIP': () => [{ row: 'public addresses', price: 'public address', quantity: hoursPerMonth }],
  'AWS::Lambda::Function': (resource, month) => {
    const { calls, seconds } = callsOf(resource, month)
    const gb = Number(resource.Properties?.['MemorySize'] ?? 128) / 1024
    return [
      { row: 'functions', price: 'Lambda request', quantity: calls },
      { row: 'functions', price: 'Lambda ARM64', quantity: calls * seconds * gb },
    ]
  },
  'AWS::ApiGatewayV2::Api': (_, { requests }) => [
    { row: 'HTTP API', price: 'HTTP API request', quantity: requests },
  ],
  'AWS::Logs::LogGroup': (resource, month) => kept('logs', resource, logGb(resource, month)),
  // a group that a service of AWS makes itself
  'Custom::LogRetention': (resource, month) => {
    const { row, gb } = serviceLogGb(resource, month)
    return kept(row, resource, gb)
  },
  // a query is paid for each metric that it finds: one of each of the three nodes
  'AWS::CloudWatch::Alarm': ({ Properties = {} }) => {
    const text = JSON.stringify(Properties['Metrics'] ?? [])
    const math = /"SELECT /.test(text) ? 3 : (text.match(/"MetricStat"/g)?.length ?? 0)
    const often = /"Period":[1-5]?\d\b/.test(JSON.stringify(Properties))
    return [{ row: 'alarms', price: often ? 'high-resolution alarm' : 'alarm', quantity: Math.max(1, math) }]
  },
  'AWS::CloudWatch::CompositeAlarm': one('composite alarm', 'composite alarm'),
  // target tracking makes two alarms of its own
  'AWS::ApplicationAutoScaling::ScalingPolicy': ({ Properties = {} }) =>
    Properties['PolicyType'] === 'TargetTrackingScaling'
      ? [{ row: 'alarms', price: 'alarm', quantity: 2 }]
      : [],
  'AWS::CloudWatch::Dashboard': one('dashboard', 'dashboard'),
  // an environment has one, and what all its queues emit is counted there
  'AWS::ApiGatewayV2::Stage': (_, month) => [
    { row: 'metrics of ours', price: 'custom metric', quantity: customMetrics(month.stacks) },
    { row: 'traces', price: 'log ingestion', quantity: spanGb(month) },
  ],
  'AWS::DynamoDB::Table': (resource, { stacks, tasks }) => {
    const gb = (tasks / daysPerMonth) * ledgerDays(resource, stacks) * assumed.gbPerRecord
    return [
      { row: 'ledger: writes', price: 'DynamoDB write', quantity: tasks * assumed.recordWrites },
      { row: 'ledger: reads', price: 'DynamoDB read', quantity: tasks * assumed.recordReads },
      { row: 'ledger: what is kept', price: 'DynamoDB storage', quantity: gb },
      { row: 'ledger: what is kept', price: 'DynamoDB recovery', quantity: gb },
    ]
  },
  'AWS::SecretsManager::Secret': one('secrets', 'secret'),
  'AWS::KMS::Key': one('keys', 'KMS key'),
}

const daysPerMonth = hoursPerMonth / 24

/** How long records are kept: who writes them knows. */
function ledgerDays({ stack }: Placed, stacks: Month['stacks']): number {
  const functions = ofType(stacks, 'AWS::Lambda::Function').filter((each) => each.stack === stack)
  return Number(/"LEDGER_DAYS":"(\d+)"/.exec(JSON.stringify(functions))?.[1] ?? 0)
}

/** What comes into a log group in a month, and stays there for its days. */
function kept(row: string, { Properties = {} }: Placed, gb: number): Item[] {
  const months = Number(Properties['RetentionInDays'] ?? 365) / 30
  return [
    { row, price: 'log ingestion', quantity: gb },
    { row, price: 'log storage', quantity: gb * months },
  ]
}

function brokerPrice(type: unknown): PriceName {
  if (typeof type === 'string' && type in prices) return type as PriceName
  throw new Error(`no price is known for a ${type} broker: add a line to ops/cost/prices.ts`)
}
