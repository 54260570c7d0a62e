import type { Stack } from '../assembly.ts'
import { idle, type Load, type Month, maximumOf, monthOf } from './load.ts'
import { prices } from './prices.ts'
import { type Item, rules } from './rules.ts'

/** Resources that cost nothing by themselves. */
const free = [
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApplicationAutoScaling::ScalableTarget',
  // one that only tells costs nothing; one that acts does
  'AWS::Budgets::Budget',
  'AWS::CDK::Metadata',
  'AWS::EC2::FlowLog',
  'AWS::EC2::InternetGateway',
  'AWS::EC2::Route',
  'AWS::EC2::RouteTable',
  'AWS::EC2::SecurityGroup',
  'AWS::EC2::SecurityGroupEgress',
  'AWS::EC2::SecurityGroupIngress',
  'AWS::EC2::Subnet',
  'AWS::EC2::SubnetRouteTableAssociation',
  'AWS::EC2::VPC',
  'AWS::EC2::VPCGatewayAttachment',
  'AWS::ECS::ClusterCapacityProviderAssociations',
  'AWS::ECS::TaskDefinition',
  'AWS::Events::Rule',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::Permission',
  // its first 14 million invocations a month: https://aws.amazon.com/eventbridge/pricing/
  'AWS::Scheduler::Schedule',
  'AWS::Scheduler::ScheduleGroup',
  // its first 1,000 mails a month
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::SecretsManager::ResourcePolicy',
  // its first million requests a month
  'AWS::SQS::Queue',
  'AWS::SQS::QueuePolicy',
]

/** Types that are neither known to be free nor priced: the bill would be too low. */
export function unpriced(stacks: readonly Stack[]): string[] {
  const types = new Set(stacks.flatMap(({ resources }) => resources.map(({ Type }) => Type)))
  return [...types]
    .filter((type) => !(type in rules) && !free.includes(type) && !type.startsWith('Custom::'))
    .toSorted()
}

/** USD a month. */
export interface CostRow {
  readonly name: string
  readonly idle: number
  readonly load: number
  /** With everything at its maximum, all month. */
  readonly maximum: number
  /** Whether a price in it was not read at AWS. */
  readonly approximate: boolean
}

export interface Bill {
  readonly rows: readonly CostRow[]
  readonly total: CostRow
  /** How many workers run under the load. */
  readonly workers: number
  /** Tasks a second beyond what all workers together can do. */
  readonly beyond: number
}

/** What the templates cost a month: idle, under a load, and at their maximum, by kind of resource. */
export function billOf(stacks: readonly Stack[], load: Load): Bill {
  const busy = monthOf(stacks, load)
  const items = {
    idle: itemsOf(monthOf(stacks, idle)),
    load: itemsOf(busy),
    maximum: itemsOf(maximumOf(stacks)),
  }
  const all = Object.values(items).flat()
  const names = [...new Set(all.map(({ row }) => row))]
  const row = (name: string, belongs: (item: Item) => boolean): CostRow => ({
    name,
    idle: sum(items.idle.filter(belongs)),
    load: sum(items.load.filter(belongs)),
    maximum: sum(items.maximum.filter(belongs)),
    approximate: all.some((item) => belongs(item) && prices[item.price].approximate),
  })
  return {
    rows: names.map((name) => row(name, (item) => item.row === name)).toSorted((a, b) => b.load - a.load),
    total: row('total', () => true),
    workers: busy.running.reduce((all, { count }) => all + count, 0),
    beyond: busy.beyond,
  }
}

function itemsOf(month: Month): Item[] {
  return month.stacks.flatMap(({ resources }) =>
    resources.flatMap((resource) => rules[resource.Type]?.(resource, month) ?? []),
  )
}

function sum(items: readonly Item[]): number {
  return items.reduce((total, { price, quantity }) => total + prices[price].usd * quantity, 0)
}
