import * as z from 'zod'
import { choice, different, text, whole, withRule } from './fields.ts'

/** https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html */
export const region = text(/^[a-z]{2,4}(-[a-z]+)+-\d+$/, 'use the name of a region, such as eu-central-1')

/** No region has more, and for so many a VPC of ours has room. */
export const maxZones = 6
const manyZones = { min: 2, max: maxZones } as const
const zonesRemedy = `use their number, ${manyZones.min} to ${manyZones.max}, or a list of different zones of one region, such as ['eu-central-1a', 'eu-central-1b']`
const zoneNames = z
  .array(
    text(/^[a-z]{2,4}(-[a-z]+)+-\d+[a-z]$/, 'use the name of a zone, such as eu-central-1a'),
    zonesRemedy,
  )
  .min(manyZones.min, zonesRemedy)
  .max(manyZones.max, zonesRemedy)
const namedZones = withRule(
  different(zoneNames, 'zone'),
  z.array(z.string()),
  ([first, ...others], report) => {
    const region = regionOf(first ?? '')
    for (const [index, zone] of others.entries())
      if (regionOf(zone) !== region)
        report([index + 1], `all zones are of one region, and the first is of ${region}`)
  },
)

/** `eu-central-1` of `eu-central-1a`. */
export const regionOf = (zone: string) => zone.replace(/[a-z]$/, '')

/** A VPC of our own. */
export const newNetwork = z.strictObject({
  zones: z
    .union([whole(manyZones.min, manyZones.max), namedZones], zonesRemedy)
    .describe(
      "How many availability zones, or which ones. Name them if the region's first zones lack the broker's instance type.",
    ),
  egress: choice(['public-address', 'none', 'nat']).describe(
    'How ECS tasks reach AWS and the internet; infra/constructs/network.ts has reasons and prices. `public-address`: each task has a public address and no inbound rule. `none`: VPC endpoints only, so tasks reach nothing outside AWS. `nat`: a NAT gateway in each zone.',
  ),
})

const id = (kind: string) =>
  text(new RegExp(`^${kind}-([0-9a-f]{8}|[0-9a-f]{17})$`), `use an id such as ${kind}-0123456789abcdef0`)
const existingFields = z.strictObject({
  vpcId: id('vpc').describe(
    'The id of an existing VPC. Its private subnets must reach Secrets Manager, ECS, ECR, S3, CloudWatch Logs and, for a ledger, DynamoDB, through a NAT gateway or through the endpoints that infra/constructs/network.ts lists. Synth looks nothing up in AWS.',
  ),
  zones: namedZones.describe("The zones of the VPC's private subnets."),
  privateSubnetIds: different(
    z.array(id('subnet'), 'use a list of ids, one for each zone'),
    'subnet',
  ).describe('One private subnet for each zone, in the order of `zones`.'),
})

/** A VPC that exists. */
export const existingNetwork = withRule(
  existingFields,
  z.object({ zones: z.array(z.string()), privateSubnetIds: z.array(z.string()) }),
  ({ zones, privateSubnetIds }, report) => {
    if (privateSubnetIds.length !== zones.length)
      report(['privateSubnetIds'], `give one for each of the ${zones.length} zones, in the same order`)
  },
)
