import { DescribeAvailabilityZonesCommand, DescribeSubnetsCommand, type EC2Client } from '@aws-sdk/client-ec2'
import type { Assembly } from '../assembly.ts'
import type { DeployTarget } from './check.ts'
import type { DeployProblem } from './findings.ts'

/** The zones of the broker's nodes offer its instance type: not every zone of a region does. */
export async function missingZones(
  { aws, assembly, region }: DeployTarget,
  type: string,
  subnets: readonly unknown[],
  offered: readonly string[],
): Promise<DeployProblem[]> {
  const wanted = await zonesOf(aws.ec2, assembly, subnets)
  const missing = wanted.filter((zone) => !offered.includes(zone))
  // a service that lists no zones has nothing to say of them
  if (missing.length === 0 || offered.length === 0) return []
  return [
    {
      what: `${region} does not offer ${type} in every zone that the broker would use`,
      seen: `not in ${missing.join(', ')}`,
      remedy: `name zones that have it in network.zones in infra/environments.ts: ${offered.toSorted().join(', ')}`,
    },
  ]
}

/** @param subnets as a template has them: ids, or references to subnets of its own */
async function zonesOf(
  ec2: EC2Client,
  assembly: Assembly,
  subnets: readonly unknown[],
): Promise<readonly string[]> {
  const ids = subnets.filter((subnet) => typeof subnet === 'string')
  const existing =
    ids.length > 0 ? ((await ec2.send(new DescribeSubnetsCommand({ SubnetIds: ids }))).Subnets ?? []) : []
  const own = subnets.flatMap((subnet) => {
    const id = (subnet as { Ref?: string } | null)?.Ref
    const resources = assembly.stacks.flatMap(({ resources }) => resources)
    const found = resources.find(({ Type, logicalId }) => Type === 'AWS::EC2::Subnet' && logicalId === id)
    return found ? [found.Properties?.['AvailabilityZone']] : []
  })
  const given = own.filter((zone) => typeof zone === 'string')
  const positions = own.flatMap((zone) => {
    const [position] = (zone as { 'Fn::Select'?: [number] } | null)?.['Fn::Select'] ?? []
    return position === undefined ? [] : [Number(position)]
  })
  const all = positions.length > 0 ? await zonesByPosition(ec2) : []
  return [
    ...existing.flatMap(({ AvailabilityZone: zone }) => zone ?? []),
    ...given,
    ...positions.flatMap((position) => all[position] ?? []),
  ]
}

/**
 * What `Fn::GetAZs` gives: the zones with a default subnet; all where no zone has one.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-getavailabilityzones.html
 */
async function zonesByPosition(ec2: EC2Client): Promise<string[]> {
  const isDefault = { Name: 'default-for-az', Values: ['true'] }
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ Filters: [isDefault] }))
  const zones = Subnets.flatMap(({ AvailabilityZone: zone }) => zone ?? [])
  if (zones.length > 0) return [...new Set(zones)].toSorted()
  const { AvailabilityZones = [] } = await ec2.send(
    new DescribeAvailabilityZonesCommand({
      Filters: [{ Name: 'zone-type', Values: ['availability-zone'] }],
    }),
  )
  return AvailabilityZones.flatMap(({ ZoneName }) => ZoneName ?? []).toSorted()
}
