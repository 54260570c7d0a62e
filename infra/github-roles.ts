import { realpathSync } from 'node:fs'
import { App, Aws, CfnOutput, Duration, Fn, Stack, type StackProps } from 'aws-cdk-lib'
import * as iam from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { acknowledge, wildcard } from './constructs/acknowledge.ts'
import { environments, name } from './environments.ts'
import { githubStack, namesOf } from './names.ts'

export interface GithubRolesProps extends StackProps {
  /**
   * `owner@id/repository@id`, or without the ids for a repository that was made before 2026-07-15 and still has names
   * only in its tokens: https://docs.github.com/en/actions/concepts/security/openid-connect
   */
  readonly repository: string
  /** Whether the account has GitHub's identity provider already: there can be only one. */
  readonly providerExists: boolean
  /**
   * The environments that are deployed to this account, and only those: each role may let CDK's roles deploy anything
   * in the account.
   */
  readonly environmentNames: readonly string[]
}

const issuer = 'token.actions.githubusercontent.com'

/**
 * The roles that .github/workflows takes in an AWS account, without any stored key: one to deploy the account's environment,
 * for jobs that GitHub lets into its environment of that name, and one that only compares, for pull requests.
 */
export class GithubRoles extends Stack {
  private readonly provider: string
  private readonly repository: string

  constructor(
    scope: Construct,
    id: string,
    { repository, providerExists, environmentNames, ...props }: GithubRolesProps,
  ) {
    super(scope, id, { ...props, description: `${name}: what GitHub Actions may do in this account` })
    if (!/^[\w.-]+(@\d+)?\/[\w.-]+(@\d+)?$/.test(repository)) {
      throw new Error(
        `-c repository must be owner@id/repository@id, got ${JSON.stringify(repository)}: docs/deploy-from-github.md says where the ids stand`,
      )
    }
    this.repository = repository
    this.provider = providerExists
      ? `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:oidc-provider/${issuer}`
      : new iam.CfnOIDCProvider(this, 'Provider', {
          url: `https://${issuer}`,
          clientIdList: ['sts.amazonaws.com'],
        }).attrArn
    for (const environment of environmentNames) {
      const deploy = this.role(`Deploy-${environment}`, `environment:${environment}`, [cdkRoles('*')])
      for (const statement of [look, smokeTest(environment)]) deploy.addToPolicy(statement)
      acknowledge(deploy, wildcards(environment))
    }
    const diff = this.role('Diff', 'pull_request', [cdkRoles('lookup-role')])
    acknowledge(diff, { [wildcard(bootstrapped, '-lookup-role-<AWS::AccountId>-*')]: bootstrapReason })
  }

  /** @param subject what the job is for: the end of the token's subject */
  private role(id: string, subject: string, assumable: string[]): iam.Role {
    const role = new iam.Role(this, id, {
      description: `GitHub Actions in ${this.repository}, ${subject}`,
      maxSessionDuration: Duration.hours(2),
      assumedBy: new iam.WebIdentityPrincipal(this.provider, {
        StringEquals: {
          [`${issuer}:aud`]: 'sts.amazonaws.com',
          [`${issuer}:sub`]: `repo:${this.repository}:${subject}`,
        },
      }),
    })
    role.addToPolicy(new iam.PolicyStatement({ actions: ['sts:AssumeRole'], resources: assumable }))
    // an output's id loses its dashes: those of `a-b` and `ab` would be equal
    new CfnOutput(this, `${id.replace('-', '').replaceAll('-', 'Dash')}RoleArn`, { value: role.roleArn })
    return role
  }
}

/** The roles of CDK's bootstrap stack: they deploy, so GitHub's own role needs next to nothing. */
const cdkRoles = (role: string) =>
  `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/cdk-*-${role}-${Aws.ACCOUNT_ID}-*`

/** What the checks before a deploy look at. None of these has anything narrower than everything. */
const look = new iam.PolicyStatement({
  actions: [
    'cloudformation:DescribeStacks',
    'cloudformation:GetTemplate',
    'cloudformation:ListStackResources',
    'cloudwatch:GetMetricData',
    'dynamodb:DescribeTable',
    'ec2:DescribeAddresses',
    'ec2:DescribeAvailabilityZones',
    'ec2:DescribeRouteTables',
    'ec2:DescribeSubnets',
    'ec2:DescribeVpcEndpoints',
    'ec2:DescribeVpcs',
    'iam:GetRole',
    'lambda:GetAccountSettings',
    'logs:DescribeLogGroups',
    'mq:DescribeBrokerInstanceOptions',
    'mq:ListBrokers',
    'secretsmanager:ListSecrets',
    'servicequotas:GetServiceQuota',
    'xray:GetTraceSegmentDestination',
  ],
  resources: ['*'],
})

/** Sending tasks, and reading in the workers' logs what became of them. */
function smokeTest(environment: string): iam.PolicyStatement {
  const own = `${Aws.REGION}:${Aws.ACCOUNT_ID}`
  return new iam.PolicyStatement({
    actions: ['execute-api:Invoke', 'logs:FilterLogEvents'],
    resources: [
      Fn.join('', ['arn:', Aws.PARTITION, `:execute-api:${own}:*/$default/POST/tasks`]),
      Fn.join('', ['arn:', Aws.PARTITION, `:logs:${own}:log-group:${namesOf(environment).workQueueStack}-*`]),
    ],
  })
}

const bootstrapped = 'arn:<AWS::Partition>:iam::<AWS::AccountId>:role/cdk-*'
const bootstrapReason =
  'The account chooses qualifier and region of the roles that its bootstrap stack makes.'

/** The wildcards that the statements above have, as cdk-nag writes them, and why. */
function wildcards(environment: string): Record<string, string> {
  const own = '<AWS::Region>:<AWS::AccountId>'
  const named = 'The API and the log groups get the rest of their names when they are made.'
  return {
    [wildcard(bootstrapped, '-*-<AWS::AccountId>-*')]: bootstrapReason,
    [wildcard('*')]: 'The checks before a deploy only read, and what they ask for has no narrower resource.',
    [wildcard('arn:<AWS::Partition>:execute-api:', own, ':*/$default/POST/tasks')]: named,
    [wildcard('arn:<AWS::Partition>:logs:', own, `:log-group:${namesOf(environment).workQueueStack}-*`)]:
      named,
  }
}

/**
 * What `-c environment` names: one environment, or several with commas.
 * @throws Error that names those that there are.
 */
export function environmentsOfAccount(context: string, known = Object.keys(environments)): string[] {
  const named = context.split(',')
  if (named.every((each) => known.includes(each))) return named
  throw new Error(
    `-c environment must name what this account is for: one of ${known.join(', ')}, or several with commas; got ${JSON.stringify(context)}`,
  )
}

// import.meta.main is not there before Node 24.2
if (realpathSync(process.argv[1] ?? '') === import.meta.filename) {
  const app = new App()
  new GithubRoles(app, githubStack, {
    environmentNames: environmentsOfAccount(String(app.node.tryGetContext('environment') ?? '')),
    repository: String(app.node.tryGetContext('repository') ?? ''),
    providerExists: app.node.tryGetContext('provider') === 'existing',
  })
}
