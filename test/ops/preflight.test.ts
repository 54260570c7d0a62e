import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { report } from '../../ops/deploy.ts'
import { explain } from '../../ops/preflight/explain.ts'
import { assembly, type Case, findings, folder, stack, tags } from './preflight-fixture.ts'

test('finds nothing in an account that is ready', async () => {
  expect(await findings({})).toMatchObject({
    problems: [],
    unchecked: [],
    target: { region: 'eu-central-1' },
  })
})

/** What sends spans to X-Ray. */
function withSpans() {
  const usual = assembly()
  const statement = { Effect: 'Allow', Action: ['xray:PutSpans'], Resource: '*' }
  const Properties = { PolicyDocument: { Statement: [statement] } }
  return {
    ...usual,
    stacks: [...usual.stacks, stack('more', { Role: { Type: 'AWS::IAM::Policy', Properties } })],
  }
}

test('finds nothing where X-Ray takes spans', async () => {
  const aws: Case['aws'] = (account) => {
    account.answers = {
      '/GetTraceSegmentDestination': () => ({ body: { Destination: 'CloudWatchLogs', Status: 'ACTIVE' } }),
    }
  }
  expect(await findings({ aws, assembly: withSpans() })).toMatchObject({ problems: [], unchecked: [] })
})

const expired = {
  code: 'ExpiredToken',
  message: 'The security token included in the request is expired',
  status: 403,
}
const everyAction = ['GetCallerIdentity', 'GetRole', 'DescribeStacks', 'DescribeVpcs', 'DescribeAddresses']
const everyPath = ['GetServiceQuota', '/2016-08-19/account-settings', '/v1/broker-instance-options']

const cases: Record<string, Case & { what: RegExp; seen: RegExp; remedy: RegExp }> = {
  'credentials that are missing': {
    env: { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined },
    what: /no valid AWS credentials/,
    seen: /Could not load credentials/,
    remedy: /^aws sso login/,
  },
  'credentials that have expired': {
    aws: ({ refuse }) => {
      for (const name of [...everyAction, ...everyPath]) refuse[name] = expired
    },
    what: /no valid AWS credentials/,
    seen: /expired/,
    remedy: /^aws sso login/,
  },
  'credentials that expire before the deploy ends': {
    env: { AWS_SESSION_TOKEN: 'x', AWS_CREDENTIAL_EXPIRATION: new Date(Date.now() + 600_000).toISOString() },
    what: /credentials expire before/,
    seen: /^(9|10) minutes left, until 20/,
    remedy: /^aws sso login/,
  },
  'an account that is not the environment’s': {
    settings: { account: '999988887777' },
    what: /sandbox belongs to account 999988887777/,
    seen: /^account 111122223333$/,
    remedy: /set AWS_PROFILE/,
  },
  'an environment that keeps data and names no account': {
    settings: { keepData: true },
    what: /must name its account/,
    seen: /111122223333/,
    remedy: /account: '111122223333'/,
  },
  'an account whose X-Ray takes no spans': {
    aws: (account) => {
      account.answers = {
        '/GetTraceSegmentDestination': () => ({ body: { Destination: 'XRay', Status: 'ACTIVE' } }),
      }
    },
    assembly: withSpans(),
    what: /X-Ray takes no spans in eu-central-1/,
    seen: /^spans go to XRay, ACTIVE$/,
    remedy: /docs\/tracing.md/,
  },
  'an account whose X-Ray takes no spans yet': {
    aws: (account) => {
      account.answers = {
        '/GetTraceSegmentDestination': () => ({ body: { Destination: 'CloudWatchLogs', Status: 'PENDING' } }),
      }
    },
    assembly: withSpans(),
    what: /X-Ray takes no spans in eu-central-1/,
    seen: /PENDING/,
    remedy: /wait until it is active/,
  },
  'a region without the instance type': {
    aws: (account) => {
      account.brokers = []
    },
    what: /eu-central-1 does not offer RabbitMQ 4.3 on mq.m7g.medium as SINGLE_INSTANCE/,
    seen: /not offered in any version/,
    remedy: /^aws mq describe-broker-instance-options .*--region eu-central-1/,
  },
  'a region without the version': {
    aws: ({ brokers }) => {
      for (const broker of brokers) broker.versions = ['4.2', '3.13']
    },
    what: /does not offer RabbitMQ 4.3/,
    seen: /versions 4.2, 3.13/,
    remedy: /infra\/environments.ts/,
  },
  'an account that is not bootstrapped': {
    aws: ({ stacks }) => {
      delete stacks['CDKToolkit']
    },
    settings: { account: '111122223333' },
    what: /eu-central-1 is not prepared for CDK: a deploy needs version 6/,
    seen: /no stack CDKToolkit/,
    remedy: /^npx cdk bootstrap aws:\/\/111122223333\/eu-central-1$/,
  },
  'a bootstrap stack that is too old': {
    aws: ({ stacks }) => {
      stacks['CDKToolkit'] = { status: 'UPDATE_COMPLETE', outputs: { BootstrapVersion: '5' } }
    },
    what: /version 6 of its bootstrap stack/,
    seen: /^version 5$/,
    remedy: /^npx cdk bootstrap aws:\/\/111122223333\/eu-central-1$/,
  },
  'a Docker that is not running': {
    docker: 'stopped',
    what: /Docker does not answer/,
    seen: /Cannot connect to the Docker daemon/,
    remedy: /systemctl start docker/,
  },
  'a machine without Docker': {
    env: { PATH: '/nowhere' },
    what: /Docker does not answer/,
    seen: /no docker on the PATH/,
    remedy: /docs.docker.com/,
  },
  'a Docker without buildx': {
    docker: 'no-buildx',
    what: /Docker has no buildx/,
    seen: /unknown command/,
    remedy: /apt-get install docker-buildx/,
  },
  'no more VPCs': {
    aws: (account) => {
      account.vpcs = 5
    },
    what: /VPCs per region: this deploy needs 1 more than the quota leaves/,
    seen: /^5 used of 5$/,
    remedy: /--service-code vpc --quota-code L-F678F1CE --desired-value 6 --region eu-central-1$/,
  },
  'no more elastic IP addresses': {
    aws: (account) => {
      account.addresses = 5
    },
    what: /elastic IP addresses/,
    seen: /^5 used of 5$/,
    remedy: /L-0263D0A3 --desired-value 6/,
  },
  'too few Fargate vCPUs': {
    aws: ({ quotas }) => {
      quotas['L-3032A538'] = 3
    },
    what: /Fargate on-demand vCPUs at the maximum of tasks: this deploy needs 4 more/,
    seen: /^0 used of 3$/,
    remedy: /--service-code fargate .*--desired-value 4/,
  },
  'too few Fargate Spot vCPUs': {
    aws: ({ quotas }) => {
      quotas['L-36FBB829'] = 3
    },
    assembly: assembly({}, { CapacityProviderStrategy: [{ CapacityProvider: 'FARGATE_SPOT' }] }),
    what: /Fargate Spot vCPUs/,
    seen: /^0 used of 3$/,
    remedy: /L-36FBB829/,
  },
  'a Lambda concurrency of ten in all': {
    aws: (account) => {
      account.concurrency = { limit: 10, unreserved: 10 }
    },
    what: /can reserve 0 of Lambda's concurrency, and this deploy reserves 50/,
    seen: /limit 10, unreserved 10/,
    remedy: /L-B99A9384 --desired-value 150/,
  },
  'a service-linked role that is missing': {
    aws: (account) => {
      account.roles = account.roles.filter((role) => role !== 'AWSServiceRoleForAmazonMQ')
    },
    what: /lacks the role of mq.amazonaws.com/,
    seen: /no AWSServiceRoleForAmazonMQ/,
    remedy: /^aws iam create-service-linked-role --aws-service-name mq.amazonaws.com$/,
  },
  'a stack name that somebody else has': {
    aws: ({ stacks }) => {
      stacks['warren-sandbox-foundation'] = { status: 'CREATE_COMPLETE', tags: { name: 'other' } }
    },
    what: /warren-sandbox-foundation is taken/,
    seen: /name=warren, environment=sandbox/,
    remedy: /infra\/environments.ts/,
  },
  'a service that answers something else': {
    aws: ({ refuse }) => {
      refuse['GetServiceQuota'] = { code: 'ServiceException', message: 'try later', status: 400 }
    },
    what: /quotas could not be checked/,
    seen: /ServiceException/,
    remedy: /health.aws.amazon.com/,
  },
}

describe('names the problem, what was seen and what mends it, for', () => {
  test.each(Object.entries(cases))('%s', async (_, { what, seen, remedy, ...change }) => {
    const { problems } = await findings(change)
    expect(problems).toEqual([
      {
        what: expect.stringMatching(what),
        seen: expect.stringMatching(seen),
        remedy: expect.stringMatching(remedy),
      },
    ])
  })
})

test.each([
  ['DELETE_FAILED', /^aws cloudformation delete-stack/],
  ['UPDATE_ROLLBACK_FAILED', /continue-update-rollback/],
  ['UPDATE_FAILED', /rollback-stack/],
  ['CREATE_IN_PROGRESS', /wait stack-create-complete/],
  ['UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', /wait stack-update-complete/],
  ['UPDATE_ROLLBACK_IN_PROGRESS', /wait stack-rollback-complete/],
  ['DELETE_IN_PROGRESS', /wait stack-delete-complete/],
])('says what ends the state %s of a stack', async (status, remedy) => {
  const { problems } = await findings({
    aws: ({ stacks }) => {
      stacks['warren-sandbox-foundation'] = { status, tags }
    },
  })
  expect(problems).toMatchObject([{ seen: status, remedy: expect.stringMatching(remedy) }])
})

test('counts what a deployed stack has already neither against quotas nor as a taken name', async () => {
  const { problems } = await findings({
    aws: (account) => {
      account.vpcs = 5
      account.addresses = 5
      account.concurrency = { limit: 200, unreserved: 150 }
      account.stacks['warren-sandbox-foundation'] = { status: 'UPDATE_COMPLETE', tags }
      account.stacks['warren-sandbox-work-queue'] = { status: 'UPDATE_ROLLBACK_COMPLETE', tags }
    },
  })
  expect(problems).toEqual([])
})

test('a Dockerfile with RUN needs a builder that can run the platform of the image', async () => {
  const images = [
    { tag: 'worker', directory: folder, dockerfile: join(folder, 'Dockerfile.run'), platform: 'linux/arm64' },
  ]
  const { problems } = await findings({ assembly: assembly({ images }) })
  expect(problems).toMatchObject([
    { seen: 'linux/amd64, linux/386', remedy: expect.stringContaining('binfmt --install arm64') },
  ])
})

test('names every problem at once', async () => {
  const found = await findings({
    docker: 'stopped',
    settings: { account: '999988887777' },
    aws: (account) => {
      account.vpcs = 5
      account.addresses = 5
      account.roles = []
      account.brokers = []
      account.concurrency = { limit: 10, unreserved: 10 }
      account.quotas['L-3032A538'] = 3
      account.stacks = { 'warren-sandbox-work-queue': { status: 'ROLLBACK_COMPLETE', tags } }
    },
  })
  const text = report(found)
  expect(text).toMatch(/^11 problems would stop this deploy:/)
  expect(found.problems).toHaveLength(11)
  for (const { what, seen, remedy } of found.problems) {
    expect(text).toContain(`${what}\n   seen: ${seen}\n   to do: ${remedy}`)
  }
})

test('without a region says so, and still looks at Docker and the credentials', async () => {
  const { problems } = await findings({
    docker: 'stopped',
    env: { AWS_REGION: undefined },
    settings: { account: '999988887777' },
  })
  expect(problems.map(({ what }) => what)).toEqual([
    expect.stringContaining('no region is set'),
    expect.stringContaining('belongs to account'),
    'Docker does not answer',
  ])
})

test('offline, all that AWS should answer is one problem', async () => {
  const { problems } = await findings({ env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' } })
  expect(problems).toEqual([
    { what: 'AWS cannot be reached', seen: 'ECONNREFUSED', remedy: expect.stringContaining('HTTPS_PROXY') },
  ])
})

test('what the credentials may not look at is named, and does not stop a deploy', async () => {
  const found = await findings({
    aws: ({ refuse }) => {
      const denied = { code: 'AccessDenied', message: 'not authorized', status: 403 }
      refuse['GetRole'] = denied
      refuse['DescribeVpcs'] = { ...denied, code: 'UnauthorizedOperation' }
      refuse['/v1/broker-instance-options'] = { ...denied, code: 'AccessDeniedException' }
    },
  })
  expect(found.problems).toEqual([])
  expect(report(found)).toContain(
    'not checked: service-linked roles: these credentials do not allow it (AccessDenied)',
  )
  expect(found.unchecked).toHaveLength(3)
})

test('a sign-on that has ended says with which profile to sign on again', () => {
  const error = Object.assign(
    new Error('Token is expired. To refresh this SSO session run aws sso login --profile dev'),
    {
      name: 'TokenProviderError',
    },
  )
  expect(explain('quotas', error, 'eu-central-1').problems).toMatchObject([
    { remedy: 'aws sso login --profile dev' },
  ])
})
