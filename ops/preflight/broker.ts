import { DescribeBrokerInstanceOptionsCommand } from '@aws-sdk/client-mq'
import { ofType } from '../assembly.ts'
import type { Check, Problem, Target } from './check.ts'

/** The region offers the broker's instance type, in its mode and version. */
export const broker: Check = {
  name: 'broker instance type',
  async run(target) {
    const brokers = ofType(target.assembly.stacks, 'AWS::AmazonMQ::Broker')
    return (await Promise.all(brokers.map(({ Properties = {} }) => offered(target, Properties)))).flat()
  },
}

async function offered({ aws, region }: Target, wanted: Record<string, unknown>): Promise<Problem[]> {
  const type = String(wanted['HostInstanceType'])
  const mode = String(wanted['DeploymentMode'])
  const version = String(wanted['EngineVersion'])
  const { BrokerInstanceOptions = [] } = await aws.mq.send(
    new DescribeBrokerInstanceOptionsCommand({ EngineType: 'RABBITMQ', HostInstanceType: type }),
  )
  const versions = BrokerInstanceOptions.flatMap((option) => {
    const modes: readonly string[] = option.SupportedDeploymentModes ?? []
    return modes.includes(mode) ? (option.SupportedEngineVersions ?? []) : []
  })
  if (versions.some((offer) => offer === version || offer.startsWith(`${version}.`))) return []
  return [
    {
      what: `${region} does not offer RabbitMQ ${version} on ${type} as ${mode}`,
      seen: versions.length > 0 ? `versions ${versions.join(', ')}` : 'not offered in any version',
      remedy: `aws mq describe-broker-instance-options --engine-type RABBITMQ --region ${region} lists what it offers: change broker.instanceType in infra/environments.ts, or the region`,
    },
  ]
}
