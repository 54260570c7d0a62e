import type { Deployment } from './resolve.ts'

interface Statement {
  readonly Effect: string
  readonly Action: string | readonly string[]
  readonly Resource: string | readonly string[]
}

export function mayReadSecret(deployment: Deployment, roleArn: string, secretArn: string): boolean {
  return mayDo(deployment, roleArn, 'secretsmanager:GetSecretValue', secretArn)
}

/**
 * Whether a role's own policies let it do something, for what the rehearsal asks IAM: secrets and tables. Boundaries,
 * conditions, keys and organizations are AWS's alone.
 */
export function mayDo(deployment: Deployment, roleArn: string, action: string, resource: string): boolean {
  return deployment.all('AWS::IAM::Policy').some(({ properties }) => {
    const { Roles = [], PolicyDocument } = properties as {
      Roles?: string[]
      PolicyDocument: { Statement: Statement[] }
    }
    if (!Roles.some((role) => roleArn === `${role}.Arn`)) return false
    return PolicyDocument.Statement.some(
      ({ Effect, Action, Resource }) =>
        Effect === 'Allow' && [Action].flat().includes(action) && [Resource].flat().includes(resource),
    )
  })
}
