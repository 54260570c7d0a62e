import { describe, expect, test } from 'vitest'
import type { Placed } from '../../ops/assembly.ts'
import { brokerType } from '../../ops/preflight/broker.ts'
import { type DeployTarget, findProblems } from '../../ops/preflight/check.ts'
import { createClients } from '../../ops/preflight/clients.ts'
import { type Account, readyAccount, startAwsStandIn } from './aws-stand-in.ts'

const stack = 'warren-sandbox-foundation'
const byPosition = (index: number) => ({ 'Fn::Select': [index, { 'Fn::GetAZs': '' }] })

/** What the check of the broker finds, with a subnet in each of these zones, or with subnets that exist. */
async function findings(
  { zones = [], ids = [] }: { readonly zones?: readonly unknown[]; readonly ids?: readonly string[] },
  change: (account: Account) => void = () => {},
) {
  const account = readyAccount()
  change(account)
  await using aws = await startAwsStandIn(account)
  const subnets = zones.map(
    (zone, index): Placed => ({
      ...{ stack, logicalId: `Subnet${index}`, Type: 'AWS::EC2::Subnet' },
      Properties: { AvailabilityZone: zone },
    }),
  )
  const properties = {
    ...{ HostInstanceType: 'mq.m7g.large', DeploymentMode: 'CLUSTER_MULTI_AZ', EngineVersion: '4.3' },
    SubnetIds: [...subnets.map(({ logicalId }) => ({ Ref: logicalId })), ...ids],
  }
  const own: Placed = { stack, logicalId: 'Broker', Type: 'AWS::AmazonMQ::Broker', Properties: properties }
  const clients = createClients('eu-central-1', aws.env)
  const before = process.env
  process.env = { ...before, ...aws.env, AWS_EC2_METADATA_DISABLED: 'true' }
  try {
    return await findProblems([brokerType], {
      assembly: {
        directory: '',
        images: [],
        stacks: [
          { name: stack, tags: {}, protected: false, bootstrapVersion: 6, resources: [...subnets, own] },
        ],
      },
      region: 'eu-central-1',
      aws: clients,
    } as unknown as DeployTarget)
  } finally {
    process.env = before
  }
}

/** The instance type is offered in two zones of three. */
const twoOfThree = ({ brokers }: Account) => {
  for (const each of brokers) each.zones = ['eu-central-1c', 'eu-central-1a']
}
const problem = {
  what: 'eu-central-1 does not offer mq.m7g.large in every zone that the broker would use',
  seen: 'not in eu-central-1b',
  remedy: 'name zones that have it in network.zones in infra/environments.ts: eu-central-1a, eu-central-1c',
}

describe('the zones of the broker’s nodes', () => {
  test('are no problem where each offers its instance type', async () => {
    expect(await findings({ zones: [byPosition(0), byPosition(1)] })).toEqual({ problems: [], unchecked: [] })
  })

  test.each([
    ['named', { zones: ['eu-central-1a', 'eu-central-1b'] }],
    ['given by number', { zones: [byPosition(0), byPosition(1), byPosition(2)] }],
    ['those of subnets that exist', { ids: ['subnet-0a', 'subnet-0b'] }],
  ])('are a problem where one lacks it: %s', async (_, places) => {
    const found = await findings(places, (account) => {
      twoOfThree(account)
      account.subnets = { 'subnet-0a': 'eu-central-1a', 'subnet-0b': 'eu-central-1b' }
    })
    expect(found.problems).toEqual([problem])
  })

  test('those of other nodes are of no interest', async () => {
    expect((await findings({ zones: ['eu-central-1a', byPosition(2)] }, twoOfThree)).problems).toEqual([])
  })

  test('a number counts the zones with a default subnet, where there are such', async () => {
    const two = await findings({ zones: [byPosition(1)] }, (account) => {
      twoOfThree(account)
      account.zones['eu-central-1b'] = { default: false }
    })
    expect(two.problems).toEqual([])
    const none = await findings({ zones: [byPosition(1)] }, (account) => {
      twoOfThree(account)
      for (const zone of Object.keys(account.zones)) account.zones[zone] = { default: false }
    })
    expect(none.problems).toEqual([problem])
  })
})
