import { Template } from 'aws-cdk-lib/assertions'
import * as ec2 from 'aws-cdk-lib/aws-ec2'
import * as s3 from 'aws-cdk-lib/aws-s3'
import { describe, expect, test, vi } from 'vitest'
import { TaskAccess } from '../../infra/constructs/task-access.ts'
import { name as template } from '../../infra/environments.ts'
import { expectedSplit } from '../../infra/outputs.ts'
import type { Environment } from '../../infra/settings/environment.ts'
import type { Assembly } from '../../ops/assembly.ts'
import { servicesReached } from '../../ops/preflight/ways-out.ts'
import {
  allResources,
  type EnvironmentName,
  environment,
  environmentNames,
  resourcesOf,
  stacks,
  templates,
} from './synth.ts'

/** What can stand only once in an account and region: the names that we gave ourselves. */
function physicalNames(template: Template): string[] {
  const given = resourcesOf(template).flatMap(([, { Type, Properties }]) =>
    Object.entries(Properties ?? {})
      .filter(([key, value]) => /^(\w*Name|Family|ResourceId)$/.test(key) && typeof value === 'string')
      // a service's name is its cluster's matter, a metric's its namespace's
      .filter(([key]) => !['MetricName', 'ServiceName', 'StageName', 'PolicyName', 'Name'].includes(key))
      .map(([key, value]) => `${Type} ${key} ${value}`),
  )
  const exports = Object.values<{ Export?: { Name: string } }>(template.toJSON()['Outputs'] ?? {}).flatMap(
    ({ Export }) => (Export ? [`export ${Export.Name}`] : []),
  )
  return [...given, ...exports]
}
const dependencies = (template: Template, type: string) =>
  resourcesOf(template, type).map(([, { DependsOn }]) => [DependsOn ?? []].flat())

describe('stacks that stand side by side do not clash', () => {
  test('two environments in one account', () => {
    const all = environmentNames.flatMap((name) => {
      const { foundation, workQueue, moreQueues } = templates(name)
      return [foundation, workQueue, ...moreQueues].flatMap(physicalNames)
    })
    expect(all).toContain(`AWS::AmazonMQ::Broker BrokerName ${template}-test-one-node`)
    expect(all.filter((each, index) => all.indexOf(each) !== index)).toEqual([])
    const names = environmentNames.flatMap((name) => {
      const { foundation, workQueue } = stacks(name)
      return [foundation.stackName, workQueue.stackName]
    })
    expect(names).toEqual(
      environmentNames.flatMap((name) => [
        `${template}-${name}-foundation`,
        `${template}-${name}-work-queue`,
      ]),
    )
  })
})

test.each(environmentNames)(
  'a creation of %s that is rolled back leaves nothing in the way of the next',
  (name) => {
    const left = allResources(name).filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain')
    expect(left).toEqual([])
  },
)

describe('what a destroy leaves', () => {
  test('nothing where data is not kept', () => {
    const kept = allResources('test-one-node').filter(
      ([, { DeletionPolicy, UpdateReplacePolicy }]) =>
        (DeletionPolicy ?? 'Delete') !== 'Delete' || (UpdateReplacePolicy ?? 'Delete') !== 'Delete',
    )
    expect(kept).toEqual([])
    const { foundation, workQueue } = stacks('test-one-node')
    expect([foundation.terminationProtection, workQueue.terminationProtection]).toEqual([false, false])
  })

  test('where it is: the broker, what opens it, and the logs', () => {
    const kept = allResources('test-cluster')
      .filter(
        ([, { DeletionPolicy, UpdateReplacePolicy }]) =>
          DeletionPolicy === 'RetainExceptOnCreate' && UpdateReplacePolicy === 'Retain',
      )
      .map(([, { Type }]) => Type)
    expect([...new Set(kept)].sort()).toEqual([
      'AWS::AmazonMQ::Broker',
      'AWS::EC2::SecurityGroup',
      'AWS::Logs::LogGroup',
      'AWS::SecretsManager::Secret',
    ])
    const secrets = allResources('test-cluster', 'AWS::SecretsManager::Secret')
    expect(secrets.filter(([, { DeletionPolicy }]) => DeletionPolicy !== 'RetainExceptOnCreate')).toEqual([])
    const { foundation, workQueue } = stacks('test-cluster')
    expect([foundation.terminationProtection, workQueue.terminationProtection]).toEqual([true, true])
  })
})

describe.each(environmentNames)('%s is deployed in order', (name) => {
  const { workQueue } = templates(name)
  const ids = (type: string) => resourcesOf(workQueue, type).map(([id]) => id)

  test('no worker before the topology, no producer before the workers', () => {
    const [topology] = ids('Custom::QueueTopology')
    for (const dependsOn of dependencies(workQueue, 'AWS::ECS::Service'))
      expect(dependsOn).toContain(topology)
    const producer = resourcesOf(workQueue, 'AWS::Lambda::Function').find(([id]) =>
      id.startsWith('ProducerApi'),
    )
    expect(producer?.[1].DependsOn).toEqual(expect.arrayContaining(ids('AWS::ECS::Service')))
  })

  test('whoever speaks to the broker is let in by then', () => {
    const rules = ids('AWS::EC2::SecurityGroupIngress')
    const users = [
      ...resourcesOf(workQueue, 'AWS::Lambda::Function').filter(([, { Properties }]) => Properties.VpcConfig),
      ...resourcesOf(workQueue, 'AWS::ECS::Service'),
    ]
    for (const [id, { DependsOn }] of users)
      expect([id, rules.some((rule) => DependsOn?.includes(rule))]).toEqual([id, true])
  })

  test('the foundation cannot be deleted under a work queue', () => {
    const text = JSON.stringify(workQueue.toJSON())
    expect(text).toContain('Fn::ImportValue')
    expect(text).not.toContain('Fn::GetStackOutput')
  })

  test('new passwords of every broker user start the topology', () => {
    const [, rule] =
      resourcesOf(workQueue, 'AWS::Events::Rule').find(([id]) => id.startsWith('TopologyNewPassword')) ?? []
    expect(rule?.Properties.EventPattern).toMatchObject({
      source: ['aws.secretsmanager'],
      'detail-type': ['Secret Label Updated'],
      detail: { labelUpdated: ['AWSCURRENT'] },
    })
    expect(rule?.Properties.EventPattern.resources).toHaveLength(6)
  })

  test('the outputs say how to go on', () => {
    const outputs = workQueue.toJSON()['Outputs']
    expect(outputs.FirstCommand.Value).toBe(`npm run send -- ${name} --count 50 --type digest`)
    expect(Object.keys(outputs)).toEqual(
      expect.arrayContaining([
        'Endpoint',
        'Region',
        'QueueName',
        'DeadLetterQueueName',
        'DashboardUrl',
        'LogGroups',
        'WorkerLogGroups',
      ]),
    )
  })
})

test('the first command says how 50 tasks split by CPU: 0.25 to 1 is 10 to 40', () => {
  expect(expectedSplit(environment('test-one-node').workQueue.workers, 50)).toEqual([
    { name: 'small', tasks: 10 },
    { name: 'large', tasks: 40 },
  ])
  const { Outputs } = templates('test-one-node').workQueue.toJSON()
  expect(Outputs['FirstCommand'].Description).toContain('Expect about 10 by small, 40 by large')
})

describe('the network', () => {
  const zones = (name: EnvironmentName, change: Partial<Environment> = {}) =>
    resourcesOf(Template.fromStack(stacks(name, change).foundation), 'AWS::EC2::Subnet').map(
      ([, { Properties }]) => Properties.AvailabilityZone,
    )

  test('there are three zones without anybody’s credentials', () => {
    expect(zones('test-cluster', { account: undefined, region: undefined })).toEqual(
      [0, 1, 2].map((index) => ({ 'Fn::Select': [index, { 'Fn::GetAZs': '' }] })),
    )
  })

  test('an account and a region are no reason to ask AWS', () => {
    const { app } = stacks('test-cluster', { account: '123456789012', region: 'eu-central-1' })
    expect(app.synth().manifest.missing ?? []).toEqual([])
  })

  test('zones can be named', () => {
    const network = { zones: ['us-east-1b', 'us-east-1d', 'us-east-1f'], egress: 'none' } as const
    expect(zones('test-cluster', { network, region: 'us-east-1' })).toEqual(network.zones)
  })

  const endpoints = (name: EnvironmentName, change: Partial<Environment> = {}) =>
    resourcesOf(Template.fromStack(stacks(name, change).foundation), 'AWS::EC2::VPCEndpoint').map(
      ([, { Properties }]) =>
        /(\.[a-z0-9.]+)(?:"\]\])?"?\}?$/.exec(JSON.stringify(Properties.ServiceName))?.[1],
    )

  const { ledger: _, ...noLedger } = environment('test-cluster').workQueue

  test('without a way out, tasks reach what they need by endpoints and nothing else', () => {
    const template = Template.fromStack(stacks('test-cluster').foundation)
    expect(resourcesOf(template, 'AWS::EC2::InternetGateway')).toEqual([])
    expect(resourcesOf(template, 'AWS::EC2::NatGateway')).toEqual([])
    expect(endpoints('test-cluster', { workQueue: noLedger })).toEqual([
      '.s3',
      '.secretsmanager',
      '.ecs',
      '.ecr.api',
      '.ecr.dkr',
      '.logs',
      '.xray',
    ])
  })

  test('with NAT there is a gateway in each zone and no interface endpoint', () => {
    const network = { zones: 3, egress: 'nat' } as const
    const template = Template.fromStack(stacks('test-cluster', { network }).foundation)
    expect(resourcesOf(template, 'AWS::EC2::NatGateway')).toHaveLength(3)
    expect(endpoints('test-cluster', { network, workQueue: noLedger })).toEqual(['.s3'])
  })

  test('for a ledger there is one more endpoint, in each VPC that is ours', () => {
    for (const egress of ['none', 'nat', 'public-address'] as const)
      expect(endpoints('test-cluster', { network: { zones: 3, egress } })).toContain('.dynamodb')
  })

  const optional = [
    ['nothing', {}],
    ['a ledger', { workQueue: { ...environment('test-one-node').workQueue, ledger: { days: 7 } } }],
    ['spans for X-Ray', { tracing: { to: 'xray' } }],
    [
      'both',
      {
        workQueue: { ...environment('test-one-node').workQueue, ledger: { days: 7 } },
        tracing: { to: 'xray' },
      },
    ],
  ] as const satisfies readonly (readonly [string, Partial<Environment>])[]
  const byEgress = (['none', 'nat', 'public-address'] as const).flatMap((egress) =>
    optional.map(([beside, change]) => [egress, beside, change] as const),
  )

  test.each(byEgress)('egress %s, with %s: there is an endpoint wherever no other way leads', (...row) => {
    const [egress, , change] = row
    const { foundation, workQueue } = stacks('test-one-node', { ...change, network: { zones: 3, egress } })
    const all = [foundation, workQueue].map((stack) => ({
      resources: Object.values(Template.fromStack(stack).toJSON()['Resources']),
    }))
    // what is asked of a VPC that exists is what ours has
    const reached = servicesReached({ stacks: all as unknown as Assembly['stacks'] })
    // functions have no way out but with NAT; a route costs nothing, so those endpoints are everywhere
    const needed = {
      none: reached,
      nat: reached.filter((service) => ['s3', 'dynamodb'].includes(service)),
      'public-address': reached.filter((service) => !/^ecr|^logs$/.test(service)),
    }[egress]
    const found = resourcesOf(Template.fromStack(foundation), 'AWS::EC2::VPCEndpoint')
    const services = found.map(
      ([, { Properties }]) =>
        /\.([a-z0-9.]+)(?:"\]\])?"?\}?$/.exec(JSON.stringify(Properties.ServiceName))?.[1] ?? '',
    )
    expect(services.toSorted()).toEqual(needed.toSorted())
    for (const [id, { Properties }] of found)
      expect([id, JSON.stringify(Properties.PolicyDocument)]).toEqual([
        id,
        expect.stringContaining('aws:PrincipalAccount'),
      ])
  })

  test('an existing VPC is used by its ids, without a look-up', () => {
    const network = {
      vpcId: 'vpc-0abc',
      zones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'],
      privateSubnetIds: ['subnet-0a', 'subnet-0b', 'subnet-0c'],
    }
    const { app, foundation, workQueue } = stacks('test-cluster', { network })
    const assembly = app.synth()
    expect(assembly.manifest.missing ?? []).toEqual([])
    expect(
      assembly.stacks.flatMap(({ messages }) => messages.filter(({ level }) => level !== 'info')),
    ).toEqual([])
    expect(resourcesOf(Template.fromStack(foundation), 'AWS::EC2::VPC')).toEqual([])
    const brokers = resourcesOf(Template.fromStack(foundation), 'AWS::AmazonMQ::Broker')
    expect(brokers.map(([, { Properties }]) => Properties.SubnetIds)).toEqual([network.privateSubnetIds])
    for (const [, { Properties }] of resourcesOf(Template.fromStack(workQueue), 'AWS::ECS::Service'))
      expect(Properties.NetworkConfiguration.AwsvpcConfiguration.Subnets).toEqual(network.privateSubnetIds)
  })
})

test('what a team grants in one place reaches every worker, and only workers', () => {
  // what the example in task-access.ts does
  const grant = vi.spyOn(TaskAccess.prototype, 'grant').mockImplementation(function (
    this: TaskAccess,
    worker,
  ) {
    const bucket = (this.node.tryFindChild('Results') as s3.Bucket) ?? new s3.Bucket(this, 'Results')
    bucket.grantPut(worker.role)
    worker.container.addEnvironment('RESULTS_BUCKET', bucket.bucketName)
    worker.securityGroup.addEgressRule(ec2.Peer.ipv4('10.1.0.0/16'), ec2.Port.tcp(5432))
  })
  const template = Template.fromStack(stacks('test-one-node').workQueue)
  grant.mockRestore()
  const allowed = resourcesOf(template, 'AWS::IAM::Policy').filter(([, { Properties }]) =>
    JSON.stringify(Properties.PolicyDocument).includes('s3:PutObject'),
  )
  expect(allowed.map(([id]) => id.replace(/[0-9A-F]{8}$/, ''))).toEqual([
    'WorkersmallTaskTaskRoleDefaultPolicy',
    'WorkerlargeTaskTaskRoleDefaultPolicy',
  ])
  for (const [, { Properties }] of resourcesOf(template, 'AWS::ECS::TaskDefinition'))
    expect(JSON.stringify(Properties.ContainerDefinitions[0].Environment)).toContain('RESULTS_BUCKET')
  const reach = resourcesOf(template, 'AWS::EC2::SecurityGroup').filter(([, { Properties }]) =>
    JSON.stringify(Properties.SecurityGroupEgress).includes('5432'),
  )
  expect(reach).toHaveLength(2)
})
