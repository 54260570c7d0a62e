import {
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointsCommand,
  type EC2Client,
  type Route,
  type RouteTable,
  type VpcEndpoint,
} from '@aws-sdk/client-ec2'
import { type Assembly, ofType } from '../assembly.ts'
import type { Check } from './check.ts'
import type { DeployProblem } from './findings.ts'

/** What a network that is not ours must reach, by the end of the name of a service's endpoint. */
export function servicesReached({ stacks }: Pick<Assembly, 'stacks'>): string[] {
  const roles = JSON.stringify(ofType(stacks, 'AWS::IAM::Policy'))
  return [
    ...['s3', 'secretsmanager', 'ecs', 'ecr.api', 'ecr.dkr', 'logs'],
    ...(ofType(stacks, 'AWS::DynamoDB::Table').length > 0 ? ['dynamodb'] : []),
    ...(roles.includes('"xray:PutSpans"') ? ['xray'] : []),
  ]
}

/** Services with an endpoint that is a route, and free. */
const byRoute = new Set(['s3', 'dynamodb'])

/**
 * An existing VPC's subnets have a way to each service of AWS that tasks and functions call. It finds only what can be
 * no way: where a route out of the VPC ends, and what an endpoint lets through, is not looked up.
 */
export const waysOut: Check = {
  name: 'ways out of the existing VPC',
  async run({ assembly, aws }) {
    const ids = subnetsOf(assembly)
    if (ids.length === 0) return []
    const { Subnets = [] } = await aws.ec2.send(new DescribeSubnetsCommand({ SubnetIds: ids }))
    const [vpc = ''] = Subnets.map(({ VpcId = '' }) => VpcId)
    const [tables, endpoints] = await Promise.all([routeTables(aws.ec2, vpc), endpointsOf(aws.ec2, vpc)])
    const closed = ids.flatMap((subnet) => {
      const table = tableOf(tables, subnet)
      return table?.Routes?.some(leadsOut) ? [] : [{ subnet, table: table?.RouteTableId ?? 'none' }]
    })
    return servicesReached({ stacks: assembly.stacks }).flatMap((service) => {
      const ways = endpoints.filter(({ ServiceName = '' }) => ServiceName.endsWith(`.${service}`))
      const cut = closed.filter(({ table }) => !ways.some((endpoint) => serves(endpoint, table)))
      return cut.length > 0 ? [problem(vpc, service, cut)] : []
    })
  },
}

/** Ids of subnets that are not the templates' own, where tasks and functions are. */
function subnetsOf({ stacks }: Assembly): string[] {
  const services = ofType(stacks, 'AWS::ECS::Service').map(
    ({ Properties }) =>
      (Properties?.['NetworkConfiguration'] as { AwsvpcConfiguration?: { Subnets?: unknown } } | undefined)
        ?.AwsvpcConfiguration?.Subnets,
  )
  const functions = ofType(stacks, 'AWS::Lambda::Function').map(
    ({ Properties }) => (Properties?.['VpcConfig'] as { SubnetIds?: unknown } | undefined)?.SubnetIds,
  )
  const ids = [...services, ...functions].flat().filter((id) => typeof id === 'string')
  return [...new Set(ids)]
}

const inVpc = (vpc: string) => [{ Name: 'vpc-id', Values: [vpc] }]

async function routeTables(ec2: EC2Client, vpc: string): Promise<readonly RouteTable[]> {
  return (await ec2.send(new DescribeRouteTablesCommand({ Filters: inVpc(vpc) }))).RouteTables ?? []
}

async function endpointsOf(ec2: EC2Client, vpc: string): Promise<readonly VpcEndpoint[]> {
  return (await ec2.send(new DescribeVpcEndpointsCommand({ Filters: inVpc(vpc) }))).VpcEndpoints ?? []
}

/** Its own, or the VPC's main one: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html */
function tableOf(tables: readonly RouteTable[], subnet: string): RouteTable | undefined {
  const own = tables.find(({ Associations = [] }) => Associations.some(({ SubnetId }) => SubnetId === subnet))
  return own ?? tables.find(({ Associations = [] }) => Associations.some(({ Main }) => Main))
}

/** Not an internet gateway, which serves only what has a public address, and not an endpoint. */
function leadsOut({ State, GatewayId = '', ...route }: Route): boolean {
  if (State === 'blackhole') return false
  const { NatGatewayId, TransitGatewayId, NetworkInterfaceId, InstanceId, VpcPeeringConnectionId } = route
  const others = [NatGatewayId, TransitGatewayId, NetworkInterfaceId, InstanceId, VpcPeeringConnectionId]
  const more = [route.LocalGatewayId, route.CarrierGatewayId, route.CoreNetworkArn]
  // a firewall's endpoint is a gateway with a block of addresses as its destination
  const isFirewall = GatewayId.startsWith('vpce-') && route.DestinationCidrBlock !== undefined
  return (
    isFirewall || GatewayId.startsWith('vgw-') || [...others, ...more].some((target) => target !== undefined)
  )
}

/** One with an address in the VPC serves all of its subnets. */
function serves({ State, VpcEndpointType: type, RouteTableIds = [] }: VpcEndpoint, table: string): boolean {
  if (State?.toLowerCase() !== 'available') return false
  return type !== 'Gateway' || RouteTableIds.includes(table)
}

function problem(
  vpc: string,
  service: string,
  cut: readonly { readonly subnet: string; readonly table: string }[],
): DeployProblem {
  const tables = [...new Set(cut.map(({ table }) => table))].join(', ')
  const subnets = cut.map(({ subnet }) => subnet).join(', ')
  const kind = byRoute.has(service)
    ? `a gateway endpoint, which is free, in route table ${tables}`
    : 'an interface endpoint with private DNS, which lets these subnets in on port 443'
  return {
    what: `tasks and functions in ${vpc} would have no way to ${service}`,
    seen: `no route out of ${subnets}, and no endpoint for ${service} there (route table ${tables})`,
    remedy: `add ${kind}, or a NAT gateway${optional(service)}`,
  }
}

/** The setting without which a service is not needed. */
function optional(service: string): string {
  if (service === 'dynamodb') return '; or take the ledger out of infra/environments.ts'
  return service === 'xray' ? '; or take tracing out of infra/environments.ts' : ''
}
