import type { Duration } from 'aws-cdk-lib'
import * as ec2 from 'aws-cdk-lib/aws-ec2'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import * as logs from 'aws-cdk-lib/aws-logs'
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import { acknowledge, managedPolicy } from './acknowledge.ts'
import type { AmazonMqBroker } from './broker.ts'
import type { LogSettings } from './helper-logs.ts'
import type { Network } from './network.ts'
import { allowToRead } from './read-secret.ts'

/** What all functions of a work queue share. */
export interface FunctionSettings extends LogSettings {
  readonly network: Network
  readonly broker: AmazonMqBroker
}

export interface ServiceFunctionProps extends FunctionSettings {
  readonly description: string
  /** Folder with `index.mjs`, which exports `handler`. */
  readonly code: string
  readonly environment: Readonly<Record<string, string>>
  /** Secrets that it may read. */
  readonly secrets: readonly ISecret[]
  /** Ports of the broker that it may reach: 5671 is AMQP, 443 the management API. */
  readonly brokerPorts: readonly (5671 | 443)[]
  readonly timeout: Duration
  /** In MiB; CPU comes in proportion. @default 256 */
  readonly memoryMiB?: number
  readonly reservedConcurrency?: number
}

/** A Lambda function that uses the broker: Node 24 on ARM64, in the private subnets, with limited log retention. */
export class ServiceFunction extends Construct {
  readonly function: lambda.Function
  readonly logGroup: logs.LogGroup
  readonly securityGroup: ec2.SecurityGroup

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id)
    const { network, broker } = props
    this.logGroup = new logs.LogGroup(this, 'Logs', {
      retention: props.logDays,
      removalPolicy: props.removalPolicy,
      encryptionKey: props.encryptionKey,
    })
    this.securityGroup = tlsOnlySecurityGroup(this, network, `Function ${id}`)
    for (const port of props.brokerPorts) this.securityGroup.connections.allowTo(broker, ec2.Port.tcp(port))
    this.function = new lambda.Function(this, 'Function', {
      description: props.description,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: lambda.Code.fromAsset(props.code),
      handler: 'index.handler',
      environment: { ...props.environment, NODE_OPTIONS: '--enable-source-maps' },
      timeout: props.timeout,
      memorySize: props.memoryMiB ?? 256,
      reservedConcurrentExecutions: props.reservedConcurrency,
      vpc: network.vpc,
      vpcSubnets: network.privateSubnets,
      securityGroups: [this.securityGroup],
      logGroup: this.logGroup,
      // metrics and plain JSON lines are written by the services themselves
      loggingFormat: lambda.LoggingFormat.TEXT,
    })
    for (const secret of props.secrets) allowToRead(secret, this.function)
    this.function.addToRolePolicy(noNetworkInterfaces())
    // the rules that let it reach the broker must be there before it runs, and until it is gone
    this.function.node.addDependency(this.securityGroup)
    if (this.function.role) {
      acknowledge(this.function.role, {
        [managedPolicy('AWSLambdaBasicExecutionRole')]:
          'AWS keeps it in step with what Lambda needs to write logs; it lets the function write to other log groups too, which holds no secret of ours.',
        [managedPolicy('AWSLambdaVPCAccessExecutionRole')]:
          'Lambda needs these rights to attach the function to the VPC, and EC2 has no narrower resource for network interfaces that do not exist yet.',
      })
    }
  }
}

/**
 * Denies the function's own code what Lambda itself does in its role, such as deleting any network interface of the
 * account. The condition key exists only in requests from a function's code.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-best-practice
 */
function noNetworkInterfaces(): iam.PolicyStatement {
  return new iam.PolicyStatement({
    effect: iam.Effect.DENY,
    actions: [
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:DetachNetworkInterface',
      'ec2:UnassignPrivateIpAddresses',
    ],
    resources: ['*'],
    conditions: { Null: { 'lambda:SourceFunctionArn': 'false' } },
  })
}

/** A security group that lets nothing in, and HTTPS out; routes and endpoints decide where to. */
export function tlsOnlySecurityGroup(
  scope: Construct,
  network: Network,
  description: string,
): ec2.SecurityGroup {
  const group = new ec2.SecurityGroup(scope, 'SecurityGroup', {
    vpc: network.vpc,
    description: `${description}: nothing in, TLS out`,
    allowAllOutbound: false,
  })
  group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'AWS services, through routes or endpoints')
  return group
}
