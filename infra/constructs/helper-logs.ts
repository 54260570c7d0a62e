import { Aspects, CfnResource, type IAspect, type RemovalPolicy, type Stack } from 'aws-cdk-lib'
import * as logs from 'aws-cdk-lib/aws-logs'
import type { IConstruct } from 'constructs'

/**
 * Gives a log group to the functions that CDK adds by itself (it closes the VPC's default security group and sets the
 * retention of other log groups with some). Without one, Lambda makes a group that is kept for ever and that nobody
 * deletes.
 */
export function giveHelpersALogGroup(
  stack: Stack,
  props: { readonly retention: logs.RetentionDays; readonly removalPolicy: RemovalPolicy },
): void {
  const logGroup = new logs.LogGroup(stack, 'HelperLogs', props)
  Aspects.of(stack).add(new HelperLogs(logGroup))
}

class HelperLogs implements IAspect {
  private readonly logGroup: logs.LogGroup

  constructor(logGroup: logs.LogGroup) {
    this.logGroup = logGroup
  }

  visit(node: IConstruct): void {
    if (!CfnResource.isCfnResource(node) || node.cfnResourceType !== 'AWS::Lambda::Function') return
    // functions of ours are CfnFunction and have one
    if ('loggingConfig' in node) return
    node.addPropertyOverride('LoggingConfig', { LogGroup: this.logGroup.logGroupName })
  }
}
