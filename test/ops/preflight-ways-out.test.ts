import { afterEach, describe, expect, test, vi } from 'vitest'
import { type DeployTarget, findProblems } from '../../ops/preflight/check.ts'
import { createClients } from '../../ops/preflight/clients.ts'
import { waysOut } from '../../ops/preflight/ways-out.ts'
import { type Account, readyAccount, startAwsStandIn } from './aws-stand-in.ts'
import { assembly, stack } from './preflight-fixture.ts'

const subnets = ['subnet-0a', 'subnet-0b']
const inVpc = { AwsvpcConfiguration: { Subnets: subnets } }

/** Tasks and a function in an existing VPC, with a ledger and spans for X-Ray, or without them. */
const deployed = ({ ledger = true, xray = true } = {}) =>
  assembly({
    stacks: [
      stack('warren-sandbox-work-queue', {
        Service: { Type: 'AWS::ECS::Service', Properties: { NetworkConfiguration: inVpc } },
        Producer: { Type: 'AWS::Lambda::Function', Properties: { VpcConfig: { SubnetIds: subnets } } },
        ...(ledger ? { Ledger: { Type: 'AWS::DynamoDB::Table' } } : {}),
        ...(xray
          ? {
              Policy: {
                Type: 'AWS::IAM::Policy',
                Properties: { PolicyDocument: { Statement: [{ Action: ['xray:PutSpans'] }] } },
              },
            }
          : {}),
      }),
    ],
  })

const everyService = ['s3', 'secretsmanager', 'ecs', 'ecr.api', 'ecr.dkr', 'logs', 'dynamodb', 'xray']
const gateways = new Set(['s3', 'dynamodb'])
/** Endpoints for all services but one. */
const allBut = (missing: string) =>
  everyService
    .filter((service) => service !== missing)
    .map((service) =>
      gateways.has(service)
        ? { service, type: 'Gateway', routeTables: ['rtb-main', 'rtb-own'] }
        : { service, type: 'Interface' },
    )
const having = (endpoints: Account['endpoints']) => (account: Account) => {
  account.endpoints = endpoints ?? []
}
const local = { destinationCidrBlock: '10.0.0.0/16', gatewayId: 'local' }
const anywhere = '0.0.0.0/0'

/** One subnet has a route table of its own, the other has the VPC's. */
function closed(account: Account): void {
  account.subnets = { 'subnet-0a': 'eu-central-1a', 'subnet-0b': 'eu-central-1b' }
  account.routeTables = [
    { id: 'rtb-main', main: true, routes: [local] },
    { id: 'rtb-own', subnets: ['subnet-0a'], routes: [local] },
    {
      id: 'rtb-of-others',
      subnets: ['subnet-0c'],
      routes: [{ ...local, destinationCidrBlock: anywhere, natGatewayId: 'nat-1' }],
    },
  ]
}

async function problems(change: (account: Account) => void, template = deployed()) {
  const account = readyAccount()
  closed(account)
  change(account)
  await using aws = await startAwsStandIn(account)
  for (const [name, value] of Object.entries(aws.env)) vi.stubEnv(name, value)
  const target = { assembly: template, region: 'eu-central-1', aws: createClients('eu-central-1', aws.env) }
  const found = await findProblems([waysOut], target as unknown as DeployTarget)
  expect(found.unchecked).toEqual([])
  return found.problems
}
afterEach(() => void vi.unstubAllEnvs())

describe('an existing VPC without a way out', () => {
  test.each(everyService)(
    'that has no endpoint for %s is found, with what would mend it',
    async (service) => {
      const [found, ...more] = await problems((account) => {
        account.endpoints = allBut(service)
      })
      expect(more).toEqual([])
      expect(found).toMatchObject({
        what: `tasks and functions in vpc-0a would have no way to ${service}`,
        seen: `no route out of subnet-0a, subnet-0b, and no endpoint for ${service} there (route table rtb-own, rtb-main)`,
      })
      expect(found?.remedy).toMatch(
        gateways.has(service)
          ? /gateway endpoint, which is free, in route table rtb-own, rtb-main/
          : /interface endpoint/,
      )
      expect(found?.remedy.includes('infra/environments.ts')).toBe(['dynamodb', 'xray'].includes(service))
    },
  )

  test('is none where it has all endpoints', async () => {
    expect(await problems(having(allBut('')))).toEqual([])
  })

  test('needs nothing for a ledger and for spans that it has not', async () => {
    const change = having(allBut('dynamodb').filter(({ service }) => service !== 'xray'))
    expect(await problems(change, deployed({ ledger: false, xray: false }))).toEqual([])
  })

  test('is found where an endpoint is not for a subnet’s route table, or is being made', async () => {
    const [half, ...more] = await problems((account) => {
      account.endpoints = [
        ...allBut('dynamodb'),
        { service: 'dynamodb', type: 'Gateway', routeTables: ['rtb-main'] },
      ]
    })
    expect([half?.seen, more]).toEqual([expect.stringContaining('no route out of subnet-0a, and'), []])
    const pending = await problems((account) => {
      account.endpoints = [...allBut('xray'), { service: 'xray', type: 'Interface', state: 'pending' }]
    })
    expect(pending).toHaveLength(1)
  })
})

describe('a route', () => {
  const both = (route: Record<string, string>) => (account: Account) => {
    for (const table of account.routeTables ?? [])
      table.routes.push({ destinationCidrBlock: anywhere, ...route })
  }
  test.each<Record<string, string>>([
    { natGatewayId: 'nat-1' },
    { transitGatewayId: 'tgw-1' },
    { networkInterfaceId: 'eni-1' },
    { gatewayId: 'vgw-1' },
    { gatewayId: 'vpce-1' },
    { vpcPeeringConnectionId: 'pcx-1' },
  ])('by %j may lead to every service', async (route) => {
    expect(await problems(both(route))).toEqual([])
  })

  test.each<Record<string, string>>([{ gatewayId: 'igw-1' }, { natGatewayId: 'nat-1', state: 'blackhole' }])(
    'by %j leads to none',
    async (route) => {
      expect(await problems(both(route))).toHaveLength(everyService.length)
    },
  )
})

test('a VPC of ours is not looked at', async () => {
  const change = (account: Account) => {
    account.refuse = { DescribeSubnets: { code: 'X', message: 'it was asked' } }
  }
  expect(await problems(change, assembly())).toEqual([])
})
