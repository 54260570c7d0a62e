import { DescribeAddressesCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2'
import { GetAccountSettingsCommand } from '@aws-sdk/client-lambda'
import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas'
import { ofType } from '../assembly.ts'
import { fargateServices } from '../fargate.ts'
import type { Check, DeployTarget } from './check.ts'
import type { DeployProblem } from './findings.ts'
import { findStack } from './stacks.ts'

/** Something of which an account has only so much: https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html */
interface Quota {
  readonly name: string
  readonly service: string
  readonly code: string
  /** How many the templates ask for. */
  needed(target: DeployTarget): number
  /** How many there are that are not ours. */
  used(target: DeployTarget): Promise<number>
}

const vpcs: Quota = {
  name: 'VPCs per region',
  service: 'vpc',
  code: 'L-F678F1CE',
  needed: ({ assembly }) => ofType(assembly.stacks, 'AWS::EC2::VPC').length,
  used: async ({ aws }) => (await aws.ec2.send(new DescribeVpcsCommand())).Vpcs?.length ?? 0,
}
const addresses: Quota = {
  name: 'elastic IP addresses',
  service: 'ec2',
  code: 'L-0263D0A3',
  needed: ({ assembly }) => ofType(assembly.stacks, 'AWS::EC2::EIP').length,
  used: async ({ aws }) => (await aws.ec2.send(new DescribeAddressesCommand())).Addresses?.length ?? 0,
}
/** What other tasks of the account use is not looked up: ECS would start what fits and wait with the rest. */
const fargate = (spot: boolean, code: string): Quota => ({
  name: `Fargate ${spot ? 'Spot' : 'on-demand'} vCPUs at the maximum of tasks`,
  service: 'fargate',
  code,
  needed: ({ assembly }) =>
    fargateServices(assembly.stacks)
      .filter((service) => service.spot === spot)
      .reduce((sum, { maxTasks, vcpu }) => sum + maxTasks * vcpu, 0),
  used: async () => 0,
})

/** A stack that is deployed already has its share of VPCs, addresses and concurrency. */
export const quotas: Check = {
  name: 'quotas',
  async run(target) {
    const stacks = await Promise.all(
      target.assembly.stacks.map(async (stack) => ((await findStack(target, stack.name)) ? [] : [stack])),
    )
    const fresh = { ...target, assembly: { ...target.assembly, stacks: stacks.flat() } }
    const problems = await Promise.all([
      room(fresh, vpcs),
      room(fresh, addresses),
      room(target, fargate(false, 'L-3032A538')),
      room(target, fargate(true, 'L-36FBB829')),
      concurrency(fresh),
    ])
    return problems.flat()
  },
}

async function room(
  target: DeployTarget,
  { name, service, code, needed, used }: Quota,
): Promise<DeployProblem[]> {
  const more = needed(target)
  if (more === 0) return []
  const [there, quota] = await Promise.all([
    used(target),
    target.aws.quotas.send(new GetServiceQuotaCommand({ ServiceCode: service, QuotaCode: code })),
  ])
  const limit = quota.Quota?.Value ?? 0
  if (there + more <= limit) return []
  return [
    {
      what: `${name}: this deploy needs ${more} more than the quota leaves`,
      seen: `${there} used of ${limit}`,
      remedy: `aws service-quotas request-service-quota-increase --service-code ${service} --quota-code ${code} --desired-value ${Math.ceil(there + more)} --region ${target.region}`,
    },
  ]
}

/** What Lambda keeps unreserved: 100, but all of it in a new account, whose limit is 10. */
const keptUnreserved = 100

async function concurrency({ aws, assembly, region }: DeployTarget): Promise<DeployProblem[]> {
  const reserved = ofType(assembly.stacks, 'AWS::Lambda::Function').reduce(
    (sum, { Properties = {} }) => sum + Number(Properties['ReservedConcurrentExecutions'] ?? 0),
    0,
  )
  if (reserved === 0) return []
  const { AccountLimit } = await aws.lambda.send(new GetAccountSettingsCommand())
  const free = Math.max(0, (AccountLimit?.UnreservedConcurrentExecutions ?? 0) - keptUnreserved)
  if (reserved <= free) return []
  return [
    {
      what: `this account can reserve ${free} of Lambda's concurrency, and this deploy reserves ${reserved}`,
      seen: `limit ${AccountLimit?.ConcurrentExecutions}, unreserved ${AccountLimit?.UnreservedConcurrentExecutions}`,
      remedy: `aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value ${reserved + keptUnreserved} --region ${region}, or a smaller producer.reservedConcurrency in infra/environments.ts`,
    },
  ]
}
