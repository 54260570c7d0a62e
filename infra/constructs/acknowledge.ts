import { CfnElement, Stack, Token, Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/** Findings of cdk-nag's AwsSolutions rules that stand on this construct, each with the reason why. */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(construct).acknowledge({ id, reason })
}

/** The id of the finding that a role uses one of AWS's policies for services. */
export const managedPolicy = (policy: string) =>
  `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/${policy}]`

/** The id of the finding that a policy's resource has a wildcard; it has logical ids in `<>`. */
export const wildcard = (...parts: readonly string[]) => `AwsSolutions-IAM5[Resource::${parts.join('')}]`

/** How the id of a finding writes an ARN up to the account, which is as it is where the environment gives it. */
export function arnIn(construct: IConstruct, service: string): string {
  const { partition, region, account } = Stack.of(construct)
  const shown = (value: string, parameter: string) =>
    Token.isUnresolved(value) ? `<AWS::${parameter}>` : value
  const where = [shown(partition, 'Partition'), service, shown(region, 'Region')]
  return ['arn', ...where, shown(account, 'AccountId'), ''].join(':')
}

/** The logical id of a resource, or of the one that a construct is made around. */
export function logicalId(construct: IConstruct): string {
  const resource = CfnElement.isCfnElement(construct) ? construct : construct.node.defaultChild
  if (!CfnElement.isCfnElement(resource)) throw new Error(`${construct.node.path} is no single resource`)
  const stack = Stack.of(construct)
  return stack.resolve(stack.getLogicalId(resource))
}
