import { DescribeBrokerInstanceOptionsCommand } from '@aws-sdk/client-mq'
import { ofType } from '../assembly.ts'
import { missingZones } from './broker-zones.ts'
import type { Check, DeployTarget } from './check.ts'
import type { DeployProblem } from './findings.ts'

/** The region offers the broker's instance type, in its mode and version, in the zones of its nodes. */
export const brokerType: Check = {
  name: 'broker instance type',
  async run(target) {
    const brokers = ofType(target.assembly.stacks, 'AWS::AmazonMQ::Broker')
    return (await Promise.all(brokers.map(({ Properties = {} }) => offered(target, Properties)))).flat()
  },
}

async function offered(target: DeployTarget, wanted: Record<string, unknown>): Promise<DeployProblem[]> {
  const { aws, region } = target
  const type = String(wanted['HostInstanceType'])
  const mode = String(wanted['DeploymentMode'])
  const version = String(wanted['EngineVersion'])
  const { BrokerInstanceOptions = [] } = await aws.mq.send(
    new DescribeBrokerInstanceOptionsCommand({ EngineType: 'RABBITMQ', HostInstanceType: type }),
  )
  const options = BrokerInstanceOptions.filter(({ SupportedDeploymentModes: modes = [] }) =>
    modes.some((each) => each === mode),
  )
  const isVersion = (offer: string) => offer === version || offer.startsWith(`${version}.`)
  const versions = options.flatMap(({ SupportedEngineVersions = [] }) => SupportedEngineVersions)
  if (versions.some(isVersion)) {
    const fitting = options.filter(({ SupportedEngineVersions = [] }) =>
      SupportedEngineVersions.some(isVersion),
    )
    const zones = fitting.flatMap(({ AvailabilityZones = [] }) =>
      AvailabilityZones.flatMap(({ Name }) => Name ?? []),
    )
    return await missingZones(target, type, subnetsOf(wanted), [...new Set(zones)])
  }
  return [
    {
      what: `${region} does not offer RabbitMQ ${version} on ${type} as ${mode}`,
      seen: versions.length > 0 ? `versions ${versions.join(', ')}` : 'not offered in any version',
      remedy: `aws mq describe-broker-instance-options --engine-type RABBITMQ --region ${region} lists what it offers: change broker.instanceType in infra/environments.ts, or the region`,
    },
  ]
}

const subnetsOf = ({ SubnetIds: subnets }: Record<string, unknown>): readonly unknown[] =>
  Array.isArray(subnets) ? subnets : []
