import { CfnElement, Stack, Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/** Findings of cdk-nag's AwsSolutions rules that stand on this construct, each with the reason why. */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(construct).acknowledge({ id, reason })
}

/** The id of the finding that a role uses one of AWS's policies for services. */
export const managedPolicy = (policy: string) =>
  `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/${policy}]`

/** The id of the finding that a policy's resource has a wildcard; constructs stand for their logical ids. */
export function wildcard(...parts: readonly (string | IConstruct)[]): string {
  const text = parts.map((part) => (typeof part === 'string' ? part : logicalId(part))).join('')
  return `AwsSolutions-IAM5[Resource::${text}]`
}

function logicalId(construct: IConstruct): string {
  const resource = construct.node.defaultChild
  if (!CfnElement.isCfnElement(resource)) throw new Error(`${construct.node.path} is no single resource`)
  const stack = Stack.of(construct)
  return stack.resolve(stack.getLogicalId(resource))
}
