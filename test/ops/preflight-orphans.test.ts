import { describe, expect, test } from 'vitest'
import type { Account } from './aws-stand-in.ts'
import { assembly, findings, stack, tags } from './preflight-fixture.ts'

const foundation = 'warren-sandbox-foundation'
const workQueue = 'warren-sandbox-work-queue'
const ledger = 'warren-sandbox-ledger'
const ownLogs = `/aws/lambda/${foundation}-retention`

/** What a first deploy finds, of stacks whose templates give names to a broker, a log group and a secret. */
const deploy = (aws: (account: Account) => void) =>
  findings({
    aws(account) {
      account.answers = { DescribeTable: () => noTable }
      aws(account)
    },
    assembly: assembly({
      images: [],
      stacks: [
        stack(foundation, {
          Broker: {
            Type: 'AWS::AmazonMQ::Broker',
            Properties: {
              BrokerName: 'warren-sandbox',
              HostInstanceType: 'mq.m7g.medium',
              DeploymentMode: 'SINGLE_INSTANCE',
              EngineVersion: '4.3',
            },
          },
          Logs: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: ownLogs } },
          Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'warren-sandbox/admin' } },
        }),
        stack(workQueue, {
          Logs: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 7 } },
          Ledger: { Type: 'AWS::DynamoDB::Table', Properties: { TableName: ledger } },
        }),
      ],
    }),
  })

const noTable = {
  ...{ status: 400, headers: { 'x-amzn-errortype': 'ResourceNotFoundException' } },
  body: { message: 'there is no such table' },
}
const ofStack = (name: string) => ({ 'aws:cloudformation:stack-name': name })
const at = '--region eu-central-1'
const secretArn = (name: string) => `arn:aws:secretsmanager:eu-central-1:111122223333:secret:${name}`
const deleted = {
  broker: [
    `aws mq delete-broker --broker-id b-1 ${at}`,
    `while aws mq describe-broker --broker-id b-1 ${at} > /dev/null 2>&1; do sleep 15; done`,
  ],
  group: [`aws ec2 delete-security-group --group-id sg-1 ${at}`],
  secret: (name: string) => [
    `aws secretsmanager delete-secret --secret-id ${secretArn(name)} --force-delete-without-recovery ${at}`,
  ],
  logs: (name: string) => [`aws logs delete-log-group --log-group-name ${name} ${at}`],
  protection: [
    `aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name ${foundation} ${at}`,
  ],
  stack: [
    `aws cloudformation delete-stack --stack-name ${foundation} ${at}`,
    `aws cloudformation wait stack-delete-complete --stack-name ${foundation} ${at}`,
  ],
}
/** The commands of a remedy, in their order. */
const commands = (remedy = '') => remedy.replace(/^if you need.*?goes with: /, '').split(/ &&\n\s*/)

describe('a first deploy that failed', () => {
  test('is deleted by commands that work: ROLLBACK_COMPLETE', async () => {
    const { problems } = await deploy(({ stacks }) => {
      stacks[foundation] = { status: 'ROLLBACK_COMPLETE', tags }
    })
    expect(problems).toMatchObject([{ seen: 'ROLLBACK_COMPLETE' }])
    expect(commands(problems[0]?.remedy)).toEqual(deleted.stack)
  })

  test('has its termination protection lifted first', async () => {
    const { problems } = await deploy(({ stacks }) => {
      stacks[foundation] = { status: 'ROLLBACK_COMPLETE', tags, terminationProtection: true }
    })
    expect(commands(problems[0]?.remedy)).toEqual([...deleted.protection, ...deleted.stack])
  })

  test('is deleted before what it stands on', async () => {
    const { problems } = await deploy(({ stacks }) => {
      for (const name of [foundation, workQueue]) stacks[name] = { status: 'DELETE_FAILED', tags }
    })
    const named = problems.map(({ what }) => [foundation, workQueue].find((name) => what.includes(name)))
    expect(named).toEqual([workQueue, foundation])
  })

  test.each(['ROLLBACK_FAILED', 'ROLLBACK_COMPLETE', 'DELETE_FAILED'])(
    'has what its rollback kept removed before it: %s',
    async (status) => {
      const { problems } = await deploy((account) => {
        account.madeBrokers = [{ id: 'b-1', name: 'warren-sandbox', state: 'RUNNING' }]
        account.secrets = [{ name: 'AdminSecret-x', tags: ofStack(foundation) }]
        const kept = (type: string, id: string) => ({ type, id, status: 'DELETE_SKIPPED' })
        account.stacks[foundation] = {
          status,
          tags,
          terminationProtection: true,
          resources: {
            Vpc: { type: 'AWS::EC2::VPC', id: 'vpc-1', status: 'DELETE_FAILED' },
            Secret: kept('AWS::SecretsManager::Secret', secretArn('AdminSecret-x')),
            Group: kept('AWS::EC2::SecurityGroup', 'sg-1'),
            Broker: kept('AWS::AmazonMQ::Broker', 'b-1'),
            Topic: { type: 'AWS::SNS::Topic', id: 'topic', status: 'DELETE_COMPLETE' },
          },
        }
      })
      expect(problems).toHaveLength(1)
      expect(problems[0]?.seen).toMatch(new RegExp(`^${status}, and .*AWS::AmazonMQ::Broker b-1.* kept$`))
      expect(problems[0]?.remedy.startsWith('if you need the tasks')).toBe(status === 'DELETE_FAILED')
      expect(commands(problems[0]?.remedy)).toEqual([
        ...deleted.broker,
        ...deleted.group,
        ...deleted.secret('AdminSecret-x'),
        ...deleted.protection,
        ...deleted.stack,
      ])
    },
  )
})

describe('what no stack owns', () => {
  test('a broker of that name, with the secrets and log groups that stayed with it', async () => {
    const { problems } = await deploy((account) => {
      account.madeBrokers = [
        { id: 'b-9', name: 'somebody-else', state: 'RUNNING' },
        { id: 'b-1', name: 'warren-sandbox', state: 'RUNNING' },
      ]
      account.secrets = [
        { name: 'AdminSecret-x', tags: ofStack(foundation) },
        { name: 'ProducerSecret-y', tags: ofStack(workQueue) },
        { name: 'foreign', tags: { project: foundation } },
        { name: 'another', tags: ofStack(`${foundation}-2`) },
      ]
      account.logGroups = [`${workQueue}-ProbeLogs-z`, 'warren-sandbox-other', '/aws/lambda/other']
    })
    expect(problems).toEqual([
      {
        what: 'an earlier deploy left resources with names that this one needs',
        seen: `none of these stacks owns broker warren-sandbox (b-1, RUNNING), log group ${workQueue}-ProbeLogs-z, secret AdminSecret-x, secret ProducerSecret-y`,
        remedy: expect.stringMatching(
          /^if you need the tasks in that broker, deploy as another environment;/,
        ),
      },
    ])
    expect(commands(problems[0]?.remedy)).toEqual([
      ...deleted.broker,
      ...deleted.secret('AdminSecret-x'),
      ...deleted.secret('ProducerSecret-y'),
      ...deleted.logs(`${workQueue}-ProbeLogs-z`),
    ])
  })

  test('a broker that is being deleted is waited for', async () => {
    const { problems } = await deploy((account) => {
      account.madeBrokers = [{ id: 'b-1', name: 'warren-sandbox', state: 'DELETION_IN_PROGRESS' }]
    })
    expect(problems.map(({ remedy }) => commands(remedy))).toEqual([deleted.broker.slice(1)])
  })

  test('a log group of a name that is given', async () => {
    const { problems } = await deploy((account) => {
      account.logGroups = [ownLogs, `${ownLogs}-2`]
    })
    expect(problems.map(({ remedy }) => commands(remedy))).toEqual([deleted.logs(ownLogs)])
  })

  test('a secret of a name that is given', async () => {
    const { problems } = await deploy((account) => {
      account.secrets = [{ name: 'warren-sandbox/admin', tags: ofStack(foundation) }]
    })
    expect(problems.map(({ remedy }) => commands(remedy))).toEqual([deleted.secret('warren-sandbox/admin')])
  })

  test('what has a name of its own is in nobody’s way', async () => {
    const { problems } = await deploy((account) => {
      account.secrets = [{ name: 'AdminSecret-x', tags: ofStack(foundation) }]
      account.logGroups = [`${workQueue}-ProbeLogs-z`]
    })
    expect(problems).toEqual([])
  })
})

test('what is deployed is no orphan', async () => {
  const { problems } = await deploy((account) => {
    account.madeBrokers = [{ id: 'b-1', name: 'warren-sandbox', state: 'RUNNING' }]
    account.logGroups = [ownLogs]
    account.stacks[foundation] = {
      status: 'UPDATE_COMPLETE',
      tags,
      resources: {
        Broker: { type: 'AWS::AmazonMQ::Broker', id: 'b-1' },
        Logs: { type: 'AWS::Logs::LogGroup', id: ownLogs },
      },
    }
  })
  expect(problems).toEqual([])
})

describe('a table with the ledger’s name', () => {
  const there = (status: string) => (account: Account) => {
    account.answers = { DescribeTable: () => ({ body: { Table: { TableStatus: status } } }) }
  }
  const wait = `aws dynamodb wait table-not-exists --table-name ${ledger} ${at}`

  test('that no stack owns is named, with the commands that remove it', async () => {
    const { problems } = await deploy(there('ACTIVE'))
    expect(problems).toMatchObject([{ seen: `none of these stacks owns table ${ledger} (ACTIVE)` }])
    expect(commands(problems[0]?.remedy)).toEqual([
      `aws dynamodb delete-table --table-name ${ledger} ${at}`,
      wait,
    ])
  })

  test('that is going is waited for', async () => {
    const { problems } = await deploy(there('DELETING'))
    expect(problems.map(({ remedy }) => remedy)).toEqual([wait])
  })

  test('that the stack owns is in nobody’s way', async () => {
    const { problems } = await deploy((account) => {
      there('ACTIVE')(account)
      account.stacks[workQueue] = {
        ...{ status: 'UPDATE_COMPLETE', tags },
        resources: { Ledger: { type: 'AWS::DynamoDB::Table', id: ledger } },
      }
    })
    expect(problems).toEqual([])
  })
})
