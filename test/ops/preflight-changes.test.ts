import { describe, expect, test } from 'vitest'
import { outputs } from '../../infra/outputs.ts'
import type { Template } from '../../ops/assembly.ts'
import type { Account } from './aws-stand-in.ts'
import { assembly, findings, stack, tags } from './preflight-fixture.ts'

const foundation = 'warren-sandbox-foundation'
const workQueue = 'warren-sandbox-work-queue'

/** A broker and what it stands on, and beside it something that holds nothing. */
function brokerTemplate(change: Record<string, Record<string, unknown>> = {}): Template {
  const resource = (Type: string, id: string, Properties: object) => ({
    [id]: { Type, Properties: { ...Properties, ...change[id] } },
  })
  return {
    Resources: {
      ...resource('AWS::EC2::VPC', 'Vpc', { CidrBlock: '10.0.0.0/16' }),
      ...resource('AWS::EC2::Subnet', 'Private', {
        VpcId: { Ref: 'Vpc' },
        CidrBlock: '10.0.0.0/20',
        AvailabilityZone: 'eu-central-1a',
      }),
      ...resource('AWS::EC2::Subnet', 'Public', { VpcId: { Ref: 'Vpc' }, CidrBlock: '10.0.96.0/20' }),
      ...resource('AWS::EC2::SecurityGroup', 'Group', {
        VpcId: { Ref: 'Vpc' },
        GroupDescription: 'RabbitMQ broker',
      }),
      ...resource('AWS::SecretsManager::Secret', 'Secret', {
        Description: 'admin',
        GenerateSecretString: { PasswordLength: 40 },
      }),
      ...resource('AWS::AmazonMQ::Broker', 'Broker', {
        BrokerName: 'warren-sandbox',
        DeploymentMode: 'SINGLE_INSTANCE',
        EngineType: 'RABBITMQ',
        HostInstanceType: 'mq.m7g.medium',
        EngineVersion: '4.3',
        PubliclyAccessible: false,
        SubnetIds: [{ Ref: 'Private' }],
        SecurityGroups: [{ 'Fn::GetAtt': ['Group', 'GroupId'] }],
        Users: [
          {
            Username: 'warren-admin',
            Password: { 'Fn::Join': ['', ['{{resolve:secretsmanager:', { Ref: 'Secret' }, '}}']] },
          },
        ],
      }),
    },
    Outputs: {
      ExportsPublic: { Value: { Ref: 'Public' }, Export: { Name: `${foundation}:Public` } },
    },
  }
}

const queueTemplate = (queue: string): Template => ({
  Resources: {
    Function: {
      Type: 'AWS::Lambda::Function',
      Properties: { VpcConfig: { SubnetIds: [{ 'Fn::ImportValue': `${foundation}:Public` }] } },
    },
  },
  Outputs: { QueueName: { Value: queue }, MetricsNamespace: { Value: 'warren/sandbox' } },
})

/** The checks of a deploy of these templates over the ones above. */
function deployOver(next: Template, queue = 'tasks', aws: (account: Account) => void = () => {}) {
  return findings({
    assembly: assembly({
      images: [],
      stacks: [
        stack(foundation, next.Resources, next.Outputs),
        stack(workQueue, queueTemplate(queue).Resources, queueTemplate(queue).Outputs),
      ],
    }),
    aws(account) {
      account.stacks[foundation] = { status: 'UPDATE_COMPLETE', tags, template: brokerTemplate() }
      account.stacks[workQueue] = { status: 'CREATE_COMPLETE', tags, template: queueTemplate('tasks') }
      aws(account)
    },
  })
}

const without = (id: string) => {
  const { Resources, ...rest } = brokerTemplate()
  return { ...rest, Resources: Object.fromEntries(Object.entries(Resources).filter(([key]) => key !== id)) }
}

test.each<[string, Template]>([
  ['nothing', brokerTemplate()],
  ['what can be changed', brokerTemplate({ Broker: { HostInstanceType: 'mq.m7g.large' } })],
  ['the text of a secret', brokerTemplate({ Secret: { Description: 'another' } })],
])('a deploy that changes %s goes', async (_, next) => {
  expect((await findings({ assembly: assembly() })).problems).toEqual([])
  expect((await deployOver(next)).problems).toEqual([])
})

test.each<[string, Template, RegExp]>([
  [
    'of another mode',
    brokerTemplate({ Broker: { DeploymentMode: 'CLUSTER_MULTI_AZ' } }),
    /AWS::AmazonMQ::Broker Broker: DeploymentMode "SINGLE_INSTANCE" → "CLUSTER_MULTI_AZ"/,
  ],
  ['of another name', brokerTemplate({ Broker: { BrokerName: 'other' } }), /BrokerName/],
  ['in another subnet', brokerTemplate({ Broker: { SubnetIds: [{ Ref: 'Public' }] } }), /SubnetIds/],
  [
    'whose subnet moves',
    brokerTemplate({ Private: { CidrBlock: '10.0.16.0/20' } }),
    /AWS::EC2::Subnet Private: CidrBlock "10.0.0.0\/20" → "10.0.16.0\/20"/,
  ],
  [
    'whose zone is another',
    brokerTemplate({ Private: { AvailabilityZone: 'eu-central-1b' } }),
    /AvailabilityZone/,
  ],
  ['whose VPC is another', brokerTemplate({ Vpc: { CidrBlock: '10.1.0.0/16' } }), /AWS::EC2::VPC Vpc/],
  [
    'whose security group is another',
    brokerTemplate({ Group: { GroupDescription: 'x' } }),
    /AWS::EC2::SecurityGroup Group/,
  ],
  ['that is gone', without('Broker'), /AWS::AmazonMQ::Broker Broker: removed/],
  ['whose secret is gone', without('Secret'), /AWS::SecretsManager::Secret Secret: removed/],
])('no deploy replaces a broker %s', async (_, next, seen) => {
  const { problems } = await deployOver(next)
  expect(problems).toContainEqual({
    what: 'this deploy would replace the broker, or something that it needs, and lose every task in it',
    seen: expect.stringMatching(seen),
    remedy: expect.stringContaining('as another environment'),
  })
})

test('no deploy gives a secret in use a new password', async () => {
  const { problems } = await deployOver(
    brokerTemplate({ Secret: { GenerateSecretString: { PasswordLength: 32 } } }),
  )
  expect(problems).toMatchObject([
    {
      what: expect.stringContaining('overwrite the password'),
      seen: expect.stringContaining('Secret Secret: Generate'),
    },
  ])
})

test('no deploy takes back what another stack uses', async () => {
  const { problems } = await deployOver({ ...brokerTemplate(), Outputs: {} })
  expect(problems).toMatchObject([
    {
      what: expect.stringMatching(/would remove exports of .* CloudFormation refuses/),
      seen: `in use: Public by ${workQueue}`,
      remedy: expect.stringContaining('deploy nat in between'),
    },
  ])
})

const measured =
  (values: Record<string, number[]>, queue = 'tasks') =>
  (account: Account) => {
    account.answers = {
      GetMetricData: (body) => {
        const { MetricDataQueries } = JSON.parse(body) as {
          MetricDataQueries: {
            Id: string
            MetricStat: { Metric: { MetricName: string; Namespace: string } }
          }[]
        }
        return {
          body: {
            MetricDataResults: MetricDataQueries.map(({ Id, MetricStat: { Metric } }) => {
              expect(Metric).toMatchObject({
                Namespace: 'warren/sandbox',
                Dimensions: [{ Name: 'Queue', Value: queue }],
              })
              const Values = values[Metric.MetricName] ?? []
              return { Id, Values, Timestamps: Values.map((_, minute) => Date.now() / 1_000 - minute * 60) }
            }),
          },
        }
      },
    }
  }
const atRest = { Ready: [0, 0], InFlight: [0, 0], Delayed: [0, 0], DeadLetters: [0, 0], DeadLettering: [0] }

test.each<[string, Record<string, number[]>, string]>([
  ['tasks wait', { ...atRest, Ready: [0, 7] }, 'Ready 7'],
  ['a task is in flight', { ...atRest, InFlight: [1] }, 'InFlight 1'],
  ['a task waits for its retry', { ...atRest, Delayed: [2, 2] }, 'Delayed 2'],
  ['a task is not yet due', { ...atRest, Later: [1, 1] }, 'Later 1'],
  ['there are dead letters', { ...atRest, DeadLetters: [3] }, 'DeadLetters 3'],
  ['dead letters are on their way', { ...atRest, DeadLettering: [1] }, 'DeadLettering 1'],
  ['tasks are still sent', { ...atRest, TasksAccepted: [5, 1] }, 'TasksAccepted 5'],
  ['nobody has measured it', {}, 'nobody has measured'],
])('no deploy leaves a queue behind in which or to which %s', async (_, values, seen) => {
  const { problems } = await deployOver(brokerTemplate(), 'jobs', measured(values))
  expect(problems).toEqual([
    {
      what: expect.stringMatching(/queue is jobs, and the queue tasks of warren-sandbox-work-queue/),
      seen: expect.stringContaining(seen),
      remedy: expect.stringMatching(/^name it tasks again; or stop the senders/),
    },
  ])
})

describe('a stack whose queue is in no setting any more', () => {
  const left = 'warren-sandbox-work-queue-calls'
  const withStack = (values: Record<string, number[]>, terminationProtection = false) =>
    deployOver(brokerTemplate(), 'tasks', (account) => {
      const own = { [outputs.queue]: 'calls', [outputs.metricsNamespace]: 'warren/sandbox' }
      account.stacks[left] = { status: 'UPDATE_COMPLETE', tags, outputs: own, terminationProtection }
      // of other environments, and of none
      account.stacks['warren-sandbox2-work-queue-calls'] = { status: 'UPDATE_COMPLETE', outputs: own }
      account.stacks['warren-sandbox-work-queues'] = { status: 'UPDATE_COMPLETE' }
      measured(values, 'calls')(account)
    })

  test('is named with the commands that delete it, once the queue is at rest', async () => {
    const { problems } = await withStack(atRest)
    expect(problems).toEqual([
      {
        what: `${left} is deployed, and its queue calls is in no setting any more`,
        seen: 'the queue has been at rest for 15 minutes, empty',
        remedy: expect.stringMatching(
          /^aws cloudformation delete-stack --stack-name warren-sandbox-work-queue-calls /,
        ),
      },
    ])
    const [kept] = (await withStack(atRest, true)).problems
    expect(kept?.remedy).toMatch(/^aws cloudformation update-termination-protection --no-enable/)
  })

  test.each([
    ['tasks are in it', { ...atRest, InFlight: [1] }, /InFlight 1/],
    ['nobody has measured it', {}, /nobody has measured/],
  ])('goes back into the settings while %s', async (_, values, seen) => {
    const { problems } = await withStack(values)
    expect(problems).toEqual([
      {
        what: expect.stringContaining(left),
        seen: expect.stringMatching(seen),
        remedy: expect.stringMatching(/^put calls into moreQueues again, .*npm run watch -- sandbox\/calls/),
      },
    ])
  })
})

test('a queue at rest may be left for another one', async () => {
  expect((await deployOver(brokerTemplate(), 'jobs', measured(atRest))).problems).toEqual([])
})

test('what is stuck is not compared: it holds up the deploy anyway', async () => {
  const { problems } = await deployOver(
    brokerTemplate({ Broker: { DeploymentMode: 'CLUSTER_MULTI_AZ' } }),
    'tasks',
    ({ stacks }) => {
      stacks[foundation] = { status: 'UPDATE_ROLLBACK_FAILED', tags, template: brokerTemplate() }
    },
  )
  expect(problems).toMatchObject([{ seen: 'UPDATE_ROLLBACK_FAILED' }])
})

test('no deploy goes where credentials may not look what it would replace', async () => {
  const { problems } = await deployOver(brokerTemplate(), 'tasks', ({ refuse }) => {
    refuse['GetTemplate'] = { code: 'AccessDenied', message: 'not authorized', status: 403 }
  })
  expect(problems).toMatchObject([
    {
      what: 'a deploy needs this check',
      seen: 'what would be replaced: these credentials do not allow it (AccessDenied)',
      remedy: expect.stringContaining('cloudformation:GetTemplate'),
    },
  ])
})
