import { CfnResource, RemovalPolicy, Stack } from 'aws-cdk-lib'
import type * as kms from 'aws-cdk-lib/aws-kms'
import * as logs from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { retentionFunction } from '../names.ts'
import { acknowledge, arnIn, logicalId, managedPolicy, wildcard } from './acknowledge.ts'

export interface LogSettings {
  readonly logDays: logs.RetentionDays
  readonly removalPolicy: RemovalPolicy
  /** Whose key encrypts them, and what else is kept beside them. @default AWS's own */
  readonly encryptionKey: kms.IKey | undefined
}

/**
 * Gives a log group to a function that CDK adds to a stack by itself. Without it, Lambda creates a group that is kept
 * for ever and that nobody deletes. A test finds functions that were forgotten.
 * @param path ids of the function's resource, from the stack on.
 */
export function giveHelperLogs(scope: Construct, path: readonly string[], settings: LogSettings): void {
  const helper = path.reduce((at, id) => at.node.findChild(id) as Construct, Stack.of(scope) as Construct)
  if (!CfnResource.isCfnResource(helper)) throw new Error(`${helper.node.path} is no resource`)
  const { logDays: retention, removalPolicy, encryptionKey } = settings
  const logGroup = new logs.LogGroup(scope, 'HelperLogs', { retention, removalPolicy, encryptionKey })
  helper.addPropertyOverride('LoggingConfig', { LogGroup: logGroup.logGroupName })
}

export interface AwsLogGroupsProps extends LogSettings {
  /** Whose they are. */
  readonly owner: CfnResource
  /** Their names, given the owner's `Ref`. */
  readonly names: (owner: string) => readonly string[]
}

/** Limits log groups that an AWS service creates itself, which would be kept for ever or never deleted. */
export class AwsLogGroups extends Construct {
  constructor(scope: Construct, id: string, { owner, names, ...settings }: AwsLogGroupsProps) {
    super(scope, id)
    for (const [index, logGroupName] of names(owner.ref).entries()) {
      const { logDays: retention, removalPolicy } = settings
      new logs.LogRetention(this, `Group${index}`, { logGroupName, retention, removalPolicy })
    }
    // CDK's function for all log retention of a stack
    const helper = 'LogRetentionaae0aa3c5b4d4f87b02d85b201efdd8a'
    giveHelperLogs(this, [helper, 'Resource'], settings)
    this.ownHelpersGroup(
      Stack.of(this).node.findChild(helper).node.findChild('Resource') as CfnResource,
      settings,
    )
    const arn = `${arnIn(this, 'logs')}log-group:`
    const streams =
      'The wildcard stands for the streams of this one log group, as CloudWatch Logs writes its ARN.'
    acknowledge(Stack.of(this).node.findChild(helper), {
      [managedPolicy('AWSLambdaBasicExecutionRole')]:
        'CDK has it so; the function sees names of log groups only.',
      [wildcard('*')]:
        'CDK lets it set the retention of any log group, since it serves all of a stack; it runs during deployments only.',
      ...Object.fromEntries(
        names(`<${logicalId(owner)}>`).map((name) => [wildcard(arn, name, ':*'), streams]),
      ),
    })
  }

  /**
   * The function also creates a group with its own name, wherever its logs go, and nobody deletes it. So the stack owns
   * that group, with the name and the retention of one day that the function asks for.
   */
  private ownHelpersGroup(helper: CfnResource, { encryptionKey }: LogSettings): void {
    const name = retentionFunction(Stack.of(this).stackName)
    const group = new logs.LogGroup(this, 'HelperOwnLogs', {
      logGroupName: `/aws/lambda/${name}`,
      retention: logs.RetentionDays.ONE_DAY,
      removalPolicy: RemovalPolicy.DESTROY,
      encryptionKey,
    })
    helper.addPropertyOverride('FunctionName', name)
    helper.addResourceDependency(group.node.defaultChild as CfnResource)
  }
}
