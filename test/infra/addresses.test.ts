import { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import type { NewNetwork } from '../../infra/settings/environment.ts'
import { maxZones } from '../../infra/settings/network.ts'
import { type Resource, resourcesOf, stacks } from './synth.ts'

const egresses = ['public-address', 'nat', 'none'] as const satisfies readonly NewNetwork['egress'][]
const zoneCounts = Array.from({ length: maxZones - 1 }, (_, index) => index + 2)

interface Layout {
  readonly name: string
  readonly egress: NewNetwork['egress']
  readonly zones: number
  readonly mode: 'SINGLE_INSTANCE' | 'CLUSTER_MULTI_AZ'
  readonly subnets: Readonly<Record<string, Resource>>
  readonly brokerSubnets: unknown
  /** Export name → what it is. */
  readonly exported: Readonly<Record<string, string>>
  /** Names of the exports that the work queue uses. */
  readonly used: readonly string[]
}

function layout(mode: Layout['mode'], egress: Layout['egress'], zones: number): Layout {
  const { foundation, workQueue } = stacks('test-one-node', {
    network: { zones, egress },
    broker: {
      version: '4.3',
      mode,
      instanceType: 'mq.m7g.large',
      maintenance: { day: 'SUNDAY', time: '03:00' },
    },
  })
  const user = JSON.stringify(Template.fromStack(workQueue).toJSON())
  const template = Template.fromStack(foundation)
  const outputs = Object.values<{ Value: unknown; Export?: { Name: string } }>(template.toJSON()['Outputs'])
  const [[, broker] = []] = resourcesOf(template, 'AWS::AmazonMQ::Broker')
  return {
    name: `${egress} in ${zones} zones`,
    egress,
    zones,
    mode,
    subnets: Object.fromEntries(resourcesOf(template, 'AWS::EC2::Subnet')),
    brokerSubnets: broker?.Properties.SubnetIds,
    exported: Object.fromEntries(
      outputs.flatMap(({ Value, Export }) => (Export ? [[Export.Name, JSON.stringify(Value)]] : [])),
    ),
    used: [...user.matchAll(/"Fn::ImportValue":"([^"]+)"/g)].map(([, name = '']) => name),
  }
}

/** What cannot be done in one step: CloudFormation says so, and the checks before a deploy say it first. */
const takesSteps = (from: Layout, to: Layout) =>
  to.zones < from.zones || (from.egress === 'public-address' && to.egress === 'none')

describe.each(['SINGLE_INSTANCE', 'CLUSTER_MULTI_AZ'] as const)('a VPC of ours with a %s broker', (mode) => {
  const least = mode === 'SINGLE_INSTANCE' ? 2 : 3
  const layouts = egresses.flatMap((egress) =>
    zoneCounts.filter((zones) => zones >= least).map((zones) => layout(mode, egress, zones)),
  )
  const pairs = layouts.flatMap((from) =>
    layouts.filter((to) => to !== from).map((to) => [`${from.name} → ${to.name}`, from, to] as const),
  )

  test('moves no subnet that stays, and keeps the broker where it is, whatever is set', () => {
    for (const [name, from, to] of pairs) {
      for (const [id, { Properties: before }] of Object.entries(from.subnets)) {
        const after = to.subnets[id]?.Properties
        if (!after) continue
        const fixed = ({ CidrBlock, AvailabilityZone, VpcId }: typeof before) => [
          CidrBlock,
          AvailabilityZone,
          VpcId,
        ]
        expect([name, id, fixed(after)]).toEqual([name, id, fixed(before)])
      }
      expect([name, to.brokerSubnets]).toEqual([name, from.brokerSubnets])
    }
  })

  test('takes back no export that the work queue uses, but for what takes two steps', () => {
    for (const [name, from, to] of pairs) {
      const kept = from.used.filter((used) => to.exported[used] === from.exported[used])
      if (takesSteps(from, to)) expect([name, kept]).not.toEqual([name, from.used])
      else expect([name, kept]).toEqual([name, from.used])
    }
  })

  test('has no address twice, and room for a tier more', () => {
    for (const { subnets, name } of layouts) {
      const blocks = Object.values(subnets).map(({ Properties }) => Properties.CidrBlock as string)
      expect([name, new Set(blocks).size]).toEqual([name, blocks.length])
      for (const block of blocks) expect(Number(block.split('.')[2])).toBeLessThan(192)
    }
  })
})
