import type { Deployment } from './resolve.ts'

interface Statement {
  readonly Effect: string
  readonly Action: string | readonly string[]
  readonly Resource: string | readonly string[]
}

/**
 * Whether a role's own policies let it read a secret: the one question to IAM that the rehearsal asks. Boundaries,
 * conditions, keys and organizations are AWS's alone.
 */
export function mayReadSecret(deployment: Deployment, roleArn: string, secretArn: string): boolean {
  return deployment.all('AWS::IAM::Policy').some(({ properties }) => {
    const { Roles = [], PolicyDocument } = properties as {
      Roles?: string[]
      PolicyDocument: { Statement: Statement[] }
    }
    if (!Roles.some((role) => roleArn === `${role}.Arn`)) return false
    return PolicyDocument.Statement.some(
      ({ Effect, Action, Resource }) =>
        Effect === 'Allow' &&
        [Action].flat().includes('secretsmanager:GetSecretValue') &&
        [Resource].flat().includes(secretArn),
    )
  })
}
