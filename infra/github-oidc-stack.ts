import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import * as iam from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { acknowledge, wildcard } from './constructs/acknowledge.ts'
import { name } from './environments.ts'

export interface GithubOidcStackProps extends StackProps {
  /** `owner/name` on GitHub. */
  readonly repository: string
  /** The environments that are deployed to this account; GitHub's environments have the same names. */
  readonly environments: readonly string[]
}

const issuer = 'token.actions.githubusercontent.com'

/**
 * Lets the repository's workflows into this account without a stored key: a role per environment, for jobs of that
 * GitHub environment only, and one for pull requests that may only look at the difference. Forks get no token.
 */
export class GithubOidcStack extends Stack {
  constructor(scope: Construct, id: string, { repository, environments, ...props }: GithubOidcStackProps) {
    super(scope, id, props)
    const provider = new iam.OidcProviderNative(this, 'Provider', {
      url: `https://${issuer}`,
      clientIds: ['sts.amazonaws.com'],
    })
    const addRole = (id: string, subject: string, may: readonly Permission[]) => {
      const role = new iam.Role(this, id, {
        description: `GitHub ${repository}, ${subject}`,
        assumedBy: new iam.OpenIdConnectPrincipal(provider, {
          StringEquals: {
            [`${issuer}:aud`]: 'sts.amazonaws.com',
            [`${issuer}:sub`]: `repo:${repository}:${subject}`,
          },
        }),
      })
      for (const { actions, resources, reason } of may) {
        role.addToPolicy(new iam.PolicyStatement({ actions, resources: resources(this.account) }))
        for (const resource of resources('<AWS::AccountId>'))
          acknowledge(role, { [wildcard(resource)]: reason })
      }
      new CfnOutput(this, `${id}RoleArn`, { value: role.roleArn })
    }
    for (const environment of environments)
      addRole(`Deploy${environment}`, `environment:${environment}`, deployment)
    addRole('Diff', 'pull_request', [bootstrapRoles(['lookup'])])
  }
}

interface Permission {
  readonly actions: string[]
  readonly resources: (account: string) => string[]
  /** Why its resources have wildcards. */
  readonly reason: string
}

/** What a deployment may do is said by the roles that `cdk bootstrap` made. */
function bootstrapRoles(kinds: readonly string[]): Permission {
  return {
    actions: ['sts:AssumeRole'],
    resources: (account) =>
      kinds.map((kind) => `arn:aws:iam::${account}:role/cdk-*-${kind}-role-${account}-*`),
    reason: 'The wildcards stand for the bootstrap qualifier and the region, which are the account’s choice.',
  }
}

const deployment: readonly Permission[] = [
  bootstrapRoles(['deploy', 'lookup', 'file-publishing', 'image-publishing']),
  {
    // the checks before a deploy
    actions: [
      'cloudformation:DescribeStacks',
      'ec2:DescribeAddresses',
      'ec2:DescribeVpcs',
      'iam:GetRole',
      'lambda:GetAccountSettings',
      'mq:DescribeBrokerInstanceOptions',
      'servicequotas:GetServiceQuota',
      'ssm:GetParameter',
    ],
    resources: () => ['*'],
    reason:
      'They only read, and most have no resources; ssm:GetParameter is for the version of the bootstrap stack.',
  },
  {
    // the smoke test
    actions: ['execute-api:Invoke', 'logs:FilterLogEvents'],
    resources: (account) => [
      `arn:aws:execute-api:*:${account}:*`,
      `arn:aws:logs:*:${account}:log-group:${name}-*`,
    ],
    reason:
      'API and log groups get their names when they are made; the account should hold nothing else of value.',
  },
]
